"""The centre's own certificate for connections: there when needed, new in good time."""
from __future__ import annotations

import base64
import dataclasses
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from central.authority import sign_intermediates, tls_authorities
from central.devices.connections import DAYS
from central.devices.errors import NoTls
from central.devices.own import OWN, OwnTls, client_context, keep_certificate
from central.devices.server import serve_devices
from central.wiring import Centre
from evidence.certs import identity
from evidence.errors import BadCertificate
from evidence.times import SECOND
from tests.central.helpers import MORNING

DAY = 86_400 * SECOND
NAMES = ["centre.example", "192.0.2.7"]


def test_it_is_renewed_after_two_thirds_of_its_life_and_for_other_names(centre: Centre) -> None:
    keys = centre.folder / "keys"

    def keeps(names: list[str], after_days: int) -> bool:
        return keep_certificate(keys, "centre", names, MORNING + after_days * DAY)

    assert keeps(NAMES, 0) and not keeps(NAMES, DAYS // 2)
    assert keeps(NAMES, DAYS * 2 // 3) and not keeps(NAMES, DAYS * 2 // 3)
    assert keeps(NAMES[:1], DAYS * 2 // 3)
    assert keeps(NAMES[:1], 0) and not keeps(NAMES[:1], 0), "the clock was ahead and is put right"
    (keys / OWN).write_bytes(b"half of a f")
    assert keeps(NAMES, 0)
    assert (keys / OWN).stat().st_mode & 0o077 == 0
    names = x509.load_pem_x509_certificates((keys / OWN).read_bytes())[0].extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == NAMES


@pytest.mark.parametrize(("before", "after"), [(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05"),
                                               (b"\x55\x1d\x0f", b"\x55\x1d\x13")])
def test_one_that_nobody_can_read_any_more_is_made_anew(centre: Centre, before: bytes, after: bytes) -> None:
    keys = centre.folder / "keys"
    keep_certificate(keys, "centre", NAMES, MORNING)
    own = x509.load_pem_x509_certificates((keys / OWN).read_bytes())[0].public_bytes(Encoding.DER)
    assert before in own
    text = base64.encodebytes(own.replace(before, after, 1))
    (keys / OWN).write_bytes(b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n")
    assert keep_certificate(keys, "centre", NAMES, MORNING) and not keep_certificate(keys, "centre", NAMES, MORNING)


def test_what_is_for_connections_signs_no_evidence(centre: Centre) -> None:
    keys: Path = centre.folder / "keys"
    keep_certificate(keys, "centre", NAMES, MORNING)
    text = "".join(part + "-----END CERTIFICATE-----\n" for part in
                   (keys / OWN).read_text().partition("-----BEGIN CERT")[2].split("-----END CERTIFICATE-----\n")[:-1])
    with pytest.raises(BadCertificate, match="for connections"):
        identity("-----BEGIN CERT" + text, centre.keys.root, "centre")


def test_earlier_authorities_go_on_to_sign_their_lists(centre: Centre) -> None:
    keys = centre.folder / "keys"
    first = next(iter(tls_authorities(keys))).certificate
    sign_intermediates(centre.folder / "root", None, keys, "centre", MORNING)
    now = [one.certificate for one in tls_authorities(keys)]
    assert len(now) == 2 and now[1] == first and now[0] != first


def test_a_context_takes_the_newest_certificate_and_survives_a_broken_file(centre: Centre) -> None:
    keys, made = centre.folder / "keys", [0]

    def keep() -> None:
        made[0] += 1
        keep_certificate(keys, "centre", [f"name-{made[0]}.example"], centre.clock.stamp().utc_us)

    keep()
    tls = OwnTls(client_context(keys), keys, keep)
    tls.refresh()
    assert made == [2]
    (keys / "tls-ca.pem").write_bytes(b"")
    tls.refresh()
    assert made == [3]


def test_boxes_elsewhere_are_not_served_without_tls_at_the_broker(centre: Centre) -> None:
    devices = dataclasses.replace(centre.config.devices, host="0.0.0.0")
    open_to_all = dataclasses.replace(centre, config=dataclasses.replace(centre.config, devices=devices))
    with pytest.raises(NoTls):
        serve_devices(open_to_all, 0, "en")
