// One chain: identity, every seal, every link, its end; what was done to it is named (evidence/README.md, section 5).

/** The types of record that are kept after they were checked, with what of their bodies is read. */
const KEPT = new Set(["order.class", "roster.event", "session.start", "session.corrected", "segment", "segment.removed",
  "video.removed", "checkpoint.seen", "chain.begun", "device.approved", "decision", "objection"]);

/** A chain as it is read: line by line, so that only what is asked for later stays in memory. `leaves`: the numbers of
 * records whose hash as a leaf of the tree is wanted. */
class Chain {
  constructor(device, chain, role, root, classId, leaves) {
    Object.assign(this, { device, chain, role, root, classId });
    this.identity = null;
    this.kept = new Map([...KEPT].map((type) => [type, []]));
    this.count = this.simulated = this.unknown = this.checkins = 0;
    this.last = this.before = -1;
    this.leaves = new Map(leaves.map((seq) => [seq, null]));
    this.good = new Map();
    this.lineProblems = [];
    this.outOfOrder = [];
    this.problems = [];
    this.strange = [];
    this.misplaced = [];
    this.left = [];
    this.changedLines = new Set();
  }

  get key() {
    return `${this.device}.${this.chain}`;
  }

  /** The file of the chain, from its first line to its last. */
  async read(folder) {
    const name = `chains/${this.key}.jsonl`;
    if (!folder.has(name)) {
      this.lineProblems.push(new Broken(N_("the chain {chain} of {device} is missing"), this));
      return;
    }
    for await (const batch of folder.lines(name)) {
      const read = batch.map((line) => this.#line(line, name)).filter((one) => one !== null);
      await this.#take(read);
      if (this.lineProblems.length >= MOST_WRONG) return;
    }
    this.#holesAndLinks();
  }

  #line(line, name) {
    try {
      must(!line.why, line.why);
      return { ...readSealed(line.bytes), line: line.bytes };
    } catch (error) {
      const says = { line: line.number, file: shown(name), why: why(error) };
      this.lineProblems.push(new Broken(N_("line {line} of {file} was changed: {why}"), says));
      this.changedLines.add(line.number);
      return null;
    }
  }

  async #take(batch) {
    const mine = batch.filter((one) => this.#isMine(one));
    if (this.count === 0 && mine.length) await this.#identify(mine[0].record);
    const states = this.identity
      ? await Promise.all(mine.map((one) => sealState(one.opened, this.identity))) : mine.map(() => null);
    mine.forEach((one, index) => this.#record(one, states[index]));
  }

  /** Counts a record, and says whether it is of this chain. */
  #isMine({ record }) {
    this.simulated += record.clock.source === "simulated";
    this.unknown += !isKnownType(record.type);
    if (record.seq <= this.before && !this.outOfOrder.length) {
      this.outOfOrder.push(new Broken(N_("the records of {device} are not in their order: {seq} stands behind {before}"),
        { device: record.device, seq: record.seq, before: this.before }));
    }
    this.before = record.seq;
    if (!standsRightly(record, this.role)) {
      this.misplaced.push(new Broken(N_("record {seq} of {device} is of type {type}, which does not belong into this chain"),
        { seq: record.seq, device: record.device, type: record.type }));
    }
    if (record.device === this.device && record.chain === this.chain) return true;
    this.strange.push(new Broken(N_("record {seq} of {device} was added: it does not belong to this chain of {expected}"),
      { seq: record.seq, device: record.device, expected: this.device }));
    return false;
  }

  async #identify(record) {
    if (record.seq !== 0) return this.#missing(0, record.seq - 1);
    const where = `record 0 of ${this.device}`;
    try {
      const body = shaped(record.body, BODIES.genesis);
      must(body.root === this.root.keyid, N_("it names another root"));
      const who = await identityOf([body.certificate, ...(body.intermediates ?? [])], this.root, this.role);
      must(who.name === record.device, N_("it was issued to {name}"), { name: who.name });
      must(who.keyid === body.keyid, N_("it is for another key than the record names"));
      this.identity = who;
    } catch (error) {
      this.problems.push(
        [0, new Broken(N_("{where}: the certificate cannot be trusted: {why}"), { where, why: why(error) })]);
    }
  }

  #record(one, state) {
    const { record, hash } = one, { seq } = record, says = { seq, device: this.device };
    this.count++;
    this.last = Math.max(this.last, seq);
    if (state) {
      this.problems.push([seq, state === "other"
        ? new Broken(N_("{where}: signed by the key {keyid}, which is not the key that must sign it"),
          { where: `record ${seq} of ${this.device}`, keyid: one.opened.keyid })
        : new Broken(N_("record {seq} of {device} was changed: its bytes do not match its seal"), says)]);
      this.good.set(seq, this.good.get(seq) ?? null);
    } else if (!this.good.get(seq)) {
      const before = this.good.get(seq - 1);
      this.good.set(seq, { hash, prev: before?.hash === record.prev ? null : record.prev });
    } else {
      this.problems.push([seq, this.good.get(seq).hash === hash ? this.#added(seq)
        : new Broken(N_("the chain of {device} forks at record {seq}: two different records carry the same number"), says)]);
    }
    if (this.leaves.has(seq)) this.leaves.set(seq, leafHash(one.line));
    this.#keep(one);
  }

  /** Only what a reader may believe in form; a body that cannot be used is told where it counts (segments). */
  #keep({ record, hash }) {
    const { body, type, seq, utc } = record;
    if (type === "alarm" && this.role === "centre" && own(body, "code") === "chain.left") this.left.push(body);
    if ((type === "checkin" || type === "checkin.pin") && own(body, "class") === this.classId) this.checkins++;
    if (!KEPT.has(type)) return;
    const wrong = wrongKey(body, BODIES[type]);
    if (wrong === undefined) {
      const { boot_id, mono_us } = record;
      this.kept.get(type).push({ seq, utc, boot_id, mono_us, hash, body: type === "segment" ? lightSegment(body, record) : body });
    } else if (["segment", "segment.removed", "video.removed"].includes(type)) {
      this.strange.push(new Broken(N_("record {seq} of {device} cannot be used: {why}"), { seq, device: this.device,
        why: { text: N_("{key} is missing, or is not what it must be"), params: { key: wrong } } }));
    }
  }

  #missing(first, last) {
    const says = { seq: first, first, last, device: this.device };
    this.problems.push([first, first === last ? new Broken(N_("record {seq} of {device} is missing"), says)
      : new Broken(N_("records {first} to {last} of {device} are missing"), says)]);
  }

  #added(seq) {
    return new Broken(N_("a record of {device} was added: number {seq} stands in the chain twice or beyond its signed head"),
      { seq, device: this.device });
  }

  #holesAndLinks() {
    if (!this.identity) return;
    let before = -1;
    for (const seq of [...this.good.keys()].sort((one, other) => one - other)) {
      // A record is missing because its line is unreadable: that is told already.
      if (seq > before + 1 && !(seq === before + 2 && this.changedLines.has(before + 2))) this.#missing(before + 1, seq - 1);
      const one = this.good.get(seq), last = this.good.get(seq - 1);
      if (one?.prev && last && last.hash !== one.prev) {
        this.problems.push([seq, new Broken(
          N_("record {seq} of {device} does not follow from the record before it: records were removed, added or swapped"),
          { seq, device: this.device })]);
      }
      before = seq;
    }
  }

  /** Holds the chain against signed heads; the highest is its end, and nothing may stand behind it. */
  checkHeads(heads) {
    if (this.lineProblems.length && this.count === 0) return;
    const says = { device: this.device };
    for (const { up_to: seq, head_hash } of heads) {
      const there = this.good.get(seq);
      if (there && there.hash !== head_hash) {
        this.problems.push([seq, new Broken(
          N_("the chain of {device} forks at record {seq}: two different records carry the same number"), { ...says, seq })]);
      }
    }
    const end = heads.reduce((most, head) => Math.max(most, head.up_to), -1);
    if (end > this.last && !(end === this.last + 1 && this.changedLines.has(end + 1))) {
      this.problems.push([this.last + 1, new Broken(
        N_("the end of the chain of {device} was cut: {have} records are here, a signed head says {want}"),
        { ...says, have: this.good.size || this.count, want: end + 1 })]);
    }
    for (const seq of this.good.keys()) if (seq > end) this.problems.push([seq, this.#added(seq)]);
  }

  /** What is wrong with it, the first broken first. */
  get found() {
    const sorted = this.problems.sort(([one], [other]) => one - other).map(([, error]) => error);
    return [...this.lineProblems, ...this.outOfOrder, ...sorted, ...this.strange, ...this.misplaced];
  }
}

/** Of a segment only what is asked later: a box states a hundred thousand of them in its life. */
const lightSegment = (body, record) => ({ class: body.class ?? null, session: body.session ?? null, camera: body.camera,
  file: body.file, size: body.size, sha256: body.sha256, media_us: mediaUs(body), filmed: filmedMs(body, record) });

/** From when to when it was filmed, milliseconds since the epoch, by the clock of its record; null where that cannot say. */
function filmedMs(body, { utc, mono_us, boot_id, clock }) {
  if (!clock.synced || (body.boot_id ?? boot_id) !== boot_id) return null;
  const sealed = Date.parse(`${utc.slice(0, 19)}Z`);
  return [body.first_mono_us, body.last_mono_us].map((at) => sealed - (mono_us - at) / 1000);
}

function mediaUs(body) {
  const inside = body.gaps.filter((gap) => gap.at_us >= body.first_pts_us).reduce((sum, gap) => sum + gap.len_us, 0);
  return Math.max(0, body.end_pts_us - body.first_pts_us - inside);
}
