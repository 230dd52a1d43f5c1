"""Both ends installed for real on a Debian of their own: once, again, after kills; booted; and removed."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provisioning.install.debian import Debian, bare_debian, debian

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
PLACED = ("etc", "opt", "usr", "var/lib")
CENTRE = ("/src/provisioning/install-centre", "--lang=en", "--name=centre.example",
          "--passphrase-file=/root/passphrase", "--backup-passphrase-file=/root/passphrase",
          "--keys-passphrase-file=/root/passphrase")
KEYS = "/etc/credstore.encrypted/zaitang.centre-keys"
# Without the screen, whose browser is larger than all the rest.
BOX = ("/src/provisioning/install-box", "--lang=en", "--no-kiosk")
# When everything is active, run the installer once more as on a machine that runs, then take everything away.
TRY = """
units() {{ systemctl list-units --all --plain --no-legend 'zaitang-*' | awk '{{print $1, $3, $4}}'; }}
for i in $(seq 90); do units | grep service | grep -v backup | grep -qv running || break; sleep 1; done
units > /root/active
{more}
journalctl --no-pager -u 'zaitang-*' > /root/journal
{again} > /root/again 2>&1
{again} --uninstall > /root/removed 2>&1
units > /root/left
"""
KILLS = (("Debian packages", 5), ("system's user", 0), ("Release ", 4), ("Release ", 8), ("Unit sandbox", 0))
CENTRE_KILLS = (("Release ", 6), ("The centre: keys", 0), ("The centre: keys", 0.5))
# By the command in the PATH, and by the unit of the night.
WITH_KEYS = """zaitang-central tree key --centre /var/lib/zaitang/centre > /root/tree-key 2>&1
systemctl start zaitang-backup.service; ls /var/lib/zaitang/backup > /root/backups"""
ALONE = ("rm -r /var/lib/zaitang/box; runuser -u zaitang -- /opt/zaitang/current/bin/zaitang-edge init "
         "/var/lib/zaitang/box --device box-101 --policy demo --test-keys")
CAMERA = """
[[cameras]]
id = "room"
role = "room"
source = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1 ! x264enc key-int-max=10"
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with bare_debian(tmp_path_factory.mktemp("debian")) as made:
        yield made


def active(here: Debian) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in here.at("/root/active").read_text().splitlines()}


def test_a_centre_is_killed_at_several_moments_completes_runs_and_goes_again(bare: Path) -> None:
    with debian(bare, "centre") as here:
        assert "would do: Release" in here.run(*CENTRE, "--dry-run") and not here.at("/opt/zaitang").exists()
        for after, more_s in CENTRE_KILLS:
            here.killed(after, more_s, *CENTRE)
        said = here.run(*CENTRE)
        assert "Fingerprint of its root" in said and "carry /var/lib/zaitang/centre/root away" in said.lower()
        assert "Start the machine anew" in said, "a killed run said nothing of it"
        before = here.seen(*PLACED)
        assert "there is nothing to do" in here.run(*CENTRE)
        assert here.seen(*PLACED) == before
        here.at("/root/other").write_text("another long passphrase\n")
        changed = (*CENTRE, "--keys-passphrase-file=/root/other")
        here.killed("The passphrase of the keys", 0.5, *changed, "--change-keys-passphrase")
        assert "The keys are locked" in here.run(*changed, "--change-keys-passphrase")
        keys = [path for one in ("*.key", "*ca.pem") for path in here.at("/var/lib/zaitang/centre/keys").glob(one)]
        assert len(keys) >= 4 and all(path.read_bytes().startswith(b"zaitang-locked-1") for path in keys)
        here.boot(TRY.format(again=" ".join(changed), more=WITH_KEYS))
        journal = here.at("/root/journal").read_text()
        found = active(here)
        services = [f"zaitang-{name}.service" for name in ("broker", "collector", "console", "devices")]
        assert {found.get(name) for name in [*services, "zaitang-backup.timer"]} == {"active"}, journal
        assert "there is nothing to do" in here.at("/root/again").read_text()
        assert here.at("/root/tree-key").read_text().count("+") >= 2 and here.at("/root/backups").read_text(), journal
        is_gone(here, "centre/centre.toml", KEYS)


def test_a_box_is_killed_at_several_moments_completes_runs_and_goes_again(bare: Path) -> None:
    with debian(bare, "box") as here:
        for after, more_s in KILLS:
            here.killed(after, more_s, *BOX)
        assert "The box is installed" in here.run(*BOX)
        before = here.seen(*PLACED)
        assert "there is nothing to do" in here.run(*BOX)
        assert here.seen(*PLACED) == before
        assert not list(here.at("/opt/zaitang/releases").glob("*.part"))
        assert "opencv" in here.run("/usr/local/bin/zaitang-edge", "models", "list", "--lang", "en")
        assert "serial number" in here.run(*BOX, "--device=box-101", "--room=101 教室")
        assert 'room = "101 教室"' in here.at("/var/lib/zaitang/box/box.toml").read_text()
        # Boxes with real keys wait for a centre: this one goes on without.
        here.run("/bin/sh", "-ec", ALONE)
        with here.at("/var/lib/zaitang/box/box.toml").open("a") as file:
            file.write(CAMERA)
        here.boot(TRY.format(again=" ".join(BOX), more=""))
        found, journal = active(here), here.at("/root/journal").read_text()
        roles = ("recorder", "terminal", "sync", "live", "picture", "rollcall", "storage")
        assert {found.get(f"zaitang-{role}.service") for role in roles} == {"active"}, journal
        assert "there is nothing to do" in here.at("/root/again").read_text()
        is_gone(here, "box/box.toml")


def is_gone(here: Debian, evidence: str, *kept: str) -> None:
    """What was placed, and nothing else: evidence stays, what opens its keys, and whose it is."""
    said = here.at("/root/removed").read_text()
    assert "is removed" in said and "Evidence and keys are still in /var/lib/zaitang" in said
    assert not [line for line in here.at("/root/left").read_text().splitlines() if " active " in line]
    left = {str(path.relative_to(here.root)) for top in ("etc", "opt", "usr", "var")
            for path in here.at(top).rglob("*zaitang*")}
    # systemd keeps notes of its own of when a timer ran.
    ours = {path for path in left if not path.startswith(("var/lib/zaitang/", "var/lib/systemd/"))}
    assert ours == {"var/lib/zaitang", "var/log/zaitang-install.log", *(path[1:] for path in kept)}
    assert here.at(f"/var/lib/zaitang/{evidence}").is_file()
    assert "zaitang:" in here.at("/etc/passwd").read_text()
