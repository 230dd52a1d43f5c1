"""A real S3 API on the loopback (moto's server), with a bucket that locks what it gets and one that does not."""
from __future__ import annotations

import dataclasses
import datetime
import functools
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from central.bucket.bucket import Bucket
from central.bucket.keys import BucketKeys
from central.config import BucketPlace

KEYS = BucketKeys("centre", "not-a-secret")


@dataclasses.dataclass
class Shop:
    """The server. `client`: who looks at it from elsewhere."""

    address: str
    client: object

    def place(self, name: str = "video", prefix: str = "zaitang") -> BucketPlace:
        return BucketPlace(name, prefix, self.address)

    def bucket(self, name: str = "video") -> Bucket:
        return Bucket(self.place(name), KEYS)

    def lock(self, key: str, until: datetime.datetime) -> None:
        """As a store does by a default retention: moto does not do it for files that come in parts."""
        self.client.put_object_retention(  # type: ignore[attr-defined]
            Bucket="locked", Key=f"zaitang/{key}", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})

    def spoil(self, key: str, data: bytes, name: str = "video") -> None:
        """Somebody with the keys puts other bytes there."""
        self.client.put_object(Bucket=name, Key=f"zaitang/{key}", Body=data)  # type: ignore[attr-defined]


@functools.cache
def _server() -> tuple[str, Any]:
    """One for all tests of a process, and who looks at it: both take a third of a second to make."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    return address, boto3.client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="somebody",
                                 aws_secret_access_key="else")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    address, client = _server()
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
    client.create_bucket(Bucket="video")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1100}}})
    return Shop(address, client)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def keep_in_bucket(folder: Path, place: BucketPlace) -> None:
    """A centre's folder says so from now on."""
    path = folder / "centre.toml"
    text = path.read_text("utf-8")
    for key, value in (("name", place.name), ("prefix", place.prefix), ("endpoint", place.endpoint)):
        head, bucket = text.split("[bucket]")
        text = head + "[bucket]" + bucket.replace(f'{key} = ""', f'{key} = "{value}"', 1)
    path.write_text(text, "utf-8")
    keys = f'access_key_id = "{KEYS.access_key_id}"\nsecret_access_key = "{KEYS.secret_access_key}"\n'
    secret = folder / "keys" / "bucket.toml"
    secret.touch(0o600)
    secret.write_text(keys, "utf-8")
