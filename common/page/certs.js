// Who a certificate speaks of, and whether the root vouches for it in that role (evidence/README.md, section 4).

/** Numbers that anybody makes of a UUID: no library gives those a meaning. */
const OWN_ARC = "2.25.";
const TEST_MARK = "2.25.307793491334158622302749188636843853207";
const EVIDENCE_USE = "2.25.79549728352203093903114946346335203196";
const ROLE_USES = {
  box: "2.25.274516451270135780721873771191722747225",
  centre: "2.25.339277266100390135395322660745001921669",
};
const KNOWN_EXTENSIONS = ["2.5.29.19", "2.5.29.15", "2.5.29.37", TEST_MARK];
const ISSUED_BY_ANOTHER = N_("the root did not issue it");
const DIGITAL_SIGNATURE = 0x80, KEY_CERT_SIGN = 0x04;

/** Whether an Ed25519 key (32 bytes) signed a message. Keys are imported once. */
async function verifies(key, signature, message) {
  if (signature.length !== 64) return false;
  try {
    return await crypto.subtle.verify("Ed25519", await importedKey(key), signature, message);
  } catch {
    return false;
  }
}

const importedKeys = new Map();

function importedKey(key) {
  const name = toHex(key);
  if (!importedKeys.has(name)) {
    if (importedKeys.size > 1000) importedKeys.clear();
    importedKeys.set(name, crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]));
  }
  return importedKeys.get(name);
}

/** The root in a PEM text: it issued itself. `exact`: as it is written, to the byte. Throws Broken. */
async function readRoot(text, exact) {
  const root = readCertificate(text);
  must(!exact || toPem(root.der) === text, N_("it is not PEM as it was written"));
  await issuedBy(root, root);
  return root;
}

async function issuedBy(issued, issuer) {
  must(sameBytes(issued.issuer, issuer.subject) && issued.algorithm === ED25519, ISSUED_BY_ANOTHER);
  must(await verifies(issuer.key, issued.signature, issued.signed), ISSUED_BY_ANOTHER);
}

/** The name, key and keyid of a device's certificate, for which the root vouches in a role, through an intermediate or
 * not; `test`: one of them bears the mark of test keys. Throws Broken. */
async function identityOf(pems, root, role) {
  must(pems.length <= 2, N_("more than one certificate lies between it and the root"));
  const chain = [...pems.map(readCertificate), root], [device, ...authorities] = chain;
  for (let at = 0; at < chain.length; at++) await issuedBy(chain[at], chain[Math.min(at + 1, chain.length - 1)]);
  authorities.forEach(mayCertify);
  must(!device.ca, N_("it is a root certificate, not that of a device"));
  must(device.names.length === 1, N_("it does not have one name"));
  for (const one of chain) {
    must(one.critical.every((oid) => KNOWN_EXTENSIONS.includes(oid)), N_("it demands something that is not known here"));
  }
  for (const one of chain.slice(0, -1)) {
    must(one.uses === null || one.uses.includes(EVIDENCE_USE), N_("it is for connections, not for evidence"));
  }
  // Of what standards define each library reads another part, and each more or less strictly.
  for (const one of chain) {
    must(one.all.every((oid) => KNOWN_EXTENSIONS.includes(oid) || oid.startsWith(OWN_ARC)),
      N_("it bears something that no certificate for evidence does"));
  }
  must(device.usage === null || device.usage & DIGITAL_SIGNATURE, N_("its key may not sign"));
  const marked = (one) => one.all.includes(TEST_MARK);
  const test = chain.some(marked);
  mayBe(role, device, chain.length > 2, test && (marked(root) || chain.length === 2));
  return { name: device.names[0], key: device.key, keyid: device.keyid, test };
}

/** `below`: how many intermediates stand under this authority. */
function mayCertify(authority, below) {
  must(authority.ca, N_("what issued it may not issue certificates"));
  must(authority.pathLength === null || authority.pathLength >= below, N_("its root allows no intermediate"));
  must(authority.usage === null || authority.usage & KEY_CERT_SIGN, N_("the key that issued it may not sign certificates"));
}

/** `nameless`: it may name no role, as test certificates of before there were roles. No intermediate makes a centre. */
function mayBe(role, device, between, nameless) {
  const named = Object.keys(ROLE_USES).filter((one) => device.uses?.includes(ROLE_USES[one]));
  if (named.length === 0 && nameless) return;
  must(named.length > 0, N_("it names neither a box nor a centre: have a new one issued"));
  must(named.length === 1 && named[0] === role, role === "box"
    ? N_("it is for a centre, and a box is expected") : N_("it is for a box, and a centre is expected"));
  must(role !== "centre" || !between, N_("an intermediate issued it, and a centre's is from the root itself"));
}
