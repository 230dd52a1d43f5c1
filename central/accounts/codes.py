"""One-time codes of an app (TOTP, RFC 6238), a second step of signing in: the secret sealed, each code once."""
from __future__ import annotations

import hmac
import io
import secrets

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_S = 30
SKEW = 1
"""Steps by which the clock of a telephone may be off."""
NONCE_BYTES = 12


class CodeBox:
    """Seals and opens secrets with a key of the centre. What is sealed for one account opens for no other."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, account: str, secret: str) -> bytes:
        """Nonce and ciphertext of a secret in base32."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret.encode(), account.encode())

    def open(self, account: str, sealed: bytes) -> str | None:
        """The secret; None where it was sealed with another key or for another account: no code is right then."""
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], account.encode()).decode()
        except (InvalidTag, ValueError):
            return None


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now_us: int, after: int) -> int | None:
    """The step whose code this is, later than `after`; None if it is none that holds now."""
    code = "".join(code.split())
    totp, here = pyotp.TOTP(secret), now_us // 1_000_000 // STEP_S
    found = None
    for step in range(here - SKEW, here + SKEW + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "replace")) and step > after:
            found = step if found is None else found
    return found


def address(secret: str, account: str, centre: str) -> str:
    """What an app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=centre)


def picture(text: str, sized: bool = True) -> str:
    """A QR code as SVG, with nothing but the drawing in it; not `sized`: as large as the page makes it."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=5, border=4, xmldecl=False, svgclass=None, lineclass=None,
                                     light="#fff", dark="#000", omitsize=not sized)
    return out.getvalue().decode()
