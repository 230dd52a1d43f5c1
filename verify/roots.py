"""The root certificate: from the folder or from `--root`, compared with what was pinned."""
from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from evidence.certs import MAX_PEM, fingerprint, pem, read_certificate
from evidence.errors import BadCertificate
from verify.errors import FileMissing, FileRefused, WrongRoot
from verify.folder import Folder
from verify.material import Material
from verify.pin import Pin


def find_root(material: Material, names: Sequence[str], pin: Pin | None, exact: bool) -> x509.Certificate | None:
    """The root to check against, or None. What is wrong with it goes into the material's problems.

    `names`: where it may lie in the folder, the first that exists counts. `exact`: its PEM has one spelling.
    """
    found = _in_folder(material, names, exact)
    if found is None and pin is not None:
        found = pin.certificate
    if found is None:
        return None
    material.root = fingerprint(found)
    if pin is not None:
        material.pinned = material.root == pin.fingerprint
        if not material.pinned:
            material.problems.append(WrongRoot(have=material.root, want=pin.fingerprint))
    return found


def _in_folder(material: Material, names: Sequence[str], exact: bool) -> x509.Certificate | None:
    for name in names:
        if not (material.folder.path / name).exists():
            continue
        try:
            return _read(material.folder, name, exact)
        except (BadCertificate, FileRefused) as error:
            material.problems.append(error)
            return None
    if exact:
        material.problems.append(FileMissing(file=names[0]))
    return None


def _read(folder: Folder, name: str, exact: bool) -> x509.Certificate:
    text = folder.read(name, MAX_PEM).decode("ascii", "replace")
    certificate = read_certificate(text, name)
    fingerprint(certificate)
    if exact and pem(certificate) != text:
        raise BadCertificate(where=name, why="it is not PEM as it was written")
    return certificate
