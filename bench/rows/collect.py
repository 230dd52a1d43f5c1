"""Row `collect`: records that one collector verifies, commits and receipts, against the bare road they come on.

The peer is the ceiling of Mosquitto and paho: the same envelopes, one a message, QoS 1, from one process to another
that only counts them. Ours is a real `zaitang-central collect`, the envelopes divided into messages as a box does it,
from the first one published to the receipt for the last one.
"""
from __future__ import annotations

import atexit
import contextlib
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.harness import Contest, Row, Skipped
from bench.material import BOX, START, film
from bench.mqtt import client, write_messages
from central.devices.issue import issue
from central.wiring import Centre, init_centre
from edge.sync.outbox import messages
from evidence.bodies import Genesis
from evidence.certs import fingerprint, split_chain
from evidence.chain import next_record
from evidence.receipts import peek_receipt
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from provisioning.demo.services import NoMosquitto, Services, free_port, listens, mosquitto, tool

RECORDS, REPETITIONS = 3000, 5
CHAIN = "b" * 32
TOPIC = f"zaitang/v1/{BOX}/records"
WAIT_S = 120
GOAL = 0.5
BROKER = '''device = "centre"
name = "bench"
accept_test_keys = true
[broker]
port = {port}
'''


def prepare(folder: Path) -> Contest:
    """A broker, a centre with its collector, and a chain long enough for every repetition."""
    parts = contextlib.ExitStack()
    atexit.register(parts.close)
    port = free_port("ZAITANG_BENCH_BROKER_PORT")
    services = parts.enter_context(Services(folder / "logs"))
    try:
        services.start("broker", mosquitto(folder / "broker", port))
    except NoMosquitto as error:
        raise Skipped(str(error)) from None
    services.wait("broker", lambda: listens(port))
    centre = init_centre(folder / "centre", test_keys=True)
    (centre.folder / "centre.toml").write_text(BROKER.format(port=port))
    chain = [one.envelope for one in sealed(centre, RECORDS * (REPETITIONS + 1))]
    services.start("collector", [tool("zaitang-central"), "collect", "--centre", centre.folder])
    services.wait("collector", lambda: "broker.subscribed" in services.last_words("collector")[1])
    publisher = parts.enter_context(End("publish", port))
    counter = parts.enter_context(End("count", port, "bench/records"))
    receipts = parts.enter_context(Receipts(port))
    write_messages(folder / "bare", chain[:RECORDS])
    turns = iter(range(0, len(chain), RECORDS))
    broker_pid, collector_pid = services.pid("broker"), services.pid("collector")
    spent = Spent(), Spent()

    def ours() -> None:
        first = next(turns)
        write_messages(folder / "ours", map(b"\n".join, messages(chain[first : first + RECORDS])))
        with spent[0].by(broker_pid, publisher.pid, collector_pid):
            publisher.tell(TOPIC, folder / "ours")
            receipts.wait(first + RECORDS - 1)

    def peer() -> None:
        with spent[1].by(broker_pid, publisher.pid, counter.pid):
            counter.tell(RECORDS)
            publisher.tell("bench/records", folder / "bare")
            counter.hear("counted")

    def remarks() -> Sequence[str]:
        parts.close()
        mine, bare = (1e6 * statistics.median(one.seconds) / RECORDS for one in spent)
        return [f"envelopes of {sum(map(len, chain)) // len(chain)} bytes on average; goal {GOAL}",
                f"CPU of the broker and both ends: {mine:.0f} µs a record, the peer {bare:.0f} µs: {bare / mine:.2f} x"]

    return Contest(ours, peer, RECORDS, remarks)


def sealed(
    centre: Centre, count: int, videos: Sequence[tuple[int, str]] = ((1_000_000, ""),)
) -> Iterator[Sealed]:
    """A chain of a box that the centre knows: its genesis record, then the film with these videos."""
    key = Ed25519PrivateKey.generate()
    signer, certificate = KeySigner(key), issue(centre, BOX, key.public_key())
    sealing = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    own, intermediates = split_chain(certificate)
    genesis = Genesis(signer.keyid, own, fingerprint(centre.keys.root), "bench", sealing, intermediates)
    head = None
    clock = ClockState(synced=True, max_error_us=1500, source="kernel", rate=1)
    for type, body, at_us in [("genesis", genesis, 0), *film(count - 1, videos)]:
        record = next_record(head, device=BOX, chain=CHAIN, type=type, body=encode(body),
                             stamp=Stamp("b0", at_us, START + at_us, clock))
        head = seal_record(record, signer)
        yield head


class Receipts:
    """Hears up to where the centre has given receipts."""

    def __init__(self, port: int) -> None:
        self._up_to, self._news = -1, threading.Condition()
        self._client = client("bench-receipts")
        self._client.on_message = lambda _client, _data, message: self._came(bytes(message.payload))
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"zaitang/v1/{BOX}/receipts", 1)
        self._client.loop_start()

    def wait(self, up_to: int) -> None:
        """Until one covers this record."""
        with self._news:
            if not self._news.wait_for(lambda: self._up_to >= up_to, WAIT_S):
                raise RuntimeError(f"no receipt for record {up_to}; the last one was for {self._up_to}")

    def __enter__(self) -> Receipts:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _came(self, envelope: bytes) -> None:
        with self._news:
            self._up_to = max(self._up_to, peek_receipt(envelope).up_to)
            self._news.notify_all()


class Spent:
    """CPU seconds of processes, by measurement: what a machine that is busy with other things leaves as it is."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @contextlib.contextmanager
    def by(self, *pids: int) -> Iterator[None]:
        before = sum(map(self._of, pids))
        yield
        self.seconds.append(sum(map(self._of, pids)) - before)

    def _of(self, pid: int) -> float:
        """Of a process and of those that it started, the ended ones too."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = {int(child) for task in Path(f"/proc/{pid}/task").iterdir()
                    for child in (task / "children").read_text().split()}
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(self._of, children))


class End:
    """A bare end, ready to begin."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "bench.mqtt", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hear("ready")

    def __enter__(self) -> End:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, *words: object) -> None:
        """What to do now."""
        assert self._process.stdin
        print(*words, file=self._process.stdin, flush=True)

    def hear(self, word: str) -> None:
        """Wait until it says this."""
        assert self._process.stdout
        said = self._process.stdout.readline().strip()
        if said != word:
            raise RuntimeError(f"the bare end said {said!r} instead of {word!r}")


ROW = Row("collect", "one collector verifies, commits and receipts", "Mosquitto and paho, QoS 1, an envelope a message",
          "records", prepare, repetitions=REPETITIONS)
