"""Finding policies: those that come with the product by id, anybody's own by path."""
from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from evidence.canonical import MAX_BYTES
from evidence.errors import BadInput
from evidence.policy import Policy, parse_policy


class NoSuchPolicy(BadInput):
    text = "there is no policy {name}; those that come with the product are: {known}"


def policy_ids() -> list[str]:
    """The ids of the policies that come with the product, sorted."""
    return sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def policy_bytes(policy_id: str) -> bytes:
    """The TOML bytes of a policy that comes with the product. Raises NoSuchPolicy."""
    if policy_id not in policy_ids():
        raise NoSuchPolicy(name=policy_id, known=", ".join(policy_ids()))
    return (_folder() / f"{policy_id}.toml").read_bytes()


def load_policy(id_or_path: str) -> Policy:
    """The policy of that id, or the one in that file (anything with a slash or ending in .toml).

    Raises NoSuchPolicy, or BadShape naming the file and the key.
    """
    if "/" not in id_or_path and not id_or_path.endswith(".toml"):
        return parse_policy(policy_bytes(id_or_path), f"{id_or_path}.toml")
    try:
        with Path(id_or_path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        raise NoSuchPolicy(name=id_or_path, known=", ".join(policy_ids())) from None
    return parse_policy(data, Path(id_or_path).name)


def _folder() -> Traversable:
    return resources.files("evidence") / "policies"
