"""The page by itself: what belongs to the bag, names and index, hostile input, what people see and hear."""
from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest

from bench.bagging import finish, finish_lists, put_json
from common.page import HERE, SCRIPTS, verify_page
from evidence.places import BOX_TYPES, CENTRE_TYPES
from tests.common.page.conftest import Reader, Said
from tests.contract.test_second_verifier import ROLES
from tests.evidence.making import Maker, Site
from tests.verify.bagging import INSIDE, put_bag
from tests.verify.making import class_of, listing, order, put, segment, write_export

SALT = "ab" * 16
VIDEO = "data/class/segments/box-1/r-1/000000.mp4"
MANIFEST, TAGS, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"


def named(name: str) -> str:
    return hashlib.sha256(bytes.fromhex(SALT) + name.encode()).hexdigest()


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag with a name, a flag, a decision and an objection."""
    site, box, centre = class_of()
    plan = {**order("demo"), "number": 2,
            "roster": [{"person": "p-1", "role": "trainee", "commitment": named("李雷")}]}
    centre.add("order.class", plan)
    centre.add("objection", {"class": "welder-1", "objection": "o-1", "state": "raised", "from": "school",
                             "text": "the camera was moved"})
    box.add("checkin.pin", {"class": "welder-1", "session": None, "attempt": "a-1", "person": "p-1", "direction": "in",
                            "why": "cannot", "confirmed_by": None, "failed": 0, "seen_mono_us": 1})
    write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    findings = [{"rule": "R1", "result": "violated", "flag": True}, {"rule": "R9", "result": "open", "flag": False}]
    return put_bag(tmp_path / "bag", [{"person": "p-1", "name": "李雷", "salt": SALT}], findings)


def test_a_whole_bag(bag: Path, reader: Reader) -> None:
    said = reader.check(bag)
    assert said.whole and said.problems == ()
    for words in ("TEST KEY", "Signer not pinned", "a050 837d", "welder-1",
                  "not computed anew", "R1 Theory is recorded in full · violated · FLAG (said by the bag)", "R9",
                  "the camera was moved",
                  "This page itself", "Names, each against its commitment in the plan: 1", "index.pdf"):
        assert words in said.text, said.text
    assert "Check-ins on record\n1" in said.text
    assert "李雷 · p-1 · trainee" in reader.page.text_content("#result")


def test_only_a_real_class_under_a_root_that_was_given_is_green(tmp_path: Path, reader: Reader) -> None:
    real = put_bag_of(tmp_path / "real", class_of("sanmenxia-2023", test=False), "sanmenxia-2023")
    made = put_bag_of(tmp_path / "test", class_of(), "demo")
    for bag, root, look, also in (
        (real, ROLES["root"], "whole", ""), (made, ROLES["root"], "whole unsure", "for a test"),
        (real, "", "whole unsure", "who signed it is not sure"),
    ):
        assert reader.check(bag, root).whole
        verdict = reader.page.locator("#verdict")
        assert verdict.get_attribute("class") == look and also in verdict.inner_text()


def test_the_banner_calls_no_finding_whole(bag: Path, reader: Reader) -> None:
    derived("data/findings.json", findings=[
        {"rule": "R1", "result": "satisfied"}, {"rule": "R9", "result": "open"}])(bag)
    said = reader.check(bag, ROLES["root"])
    assert said.whole
    for lang, banner, word in (("中文", "记录和录像完整；判定结果未在此重新计算。", "（包中所述）"),
                               ("English", "Records and video are whole; the findings were NOT recomputed here.",
                                " (said by the bag)")):
        reader.page.get_by_role("button", name=lang).click()
        assert reader.page.inner_text("#verdict").startswith(banner)
        rows = reader.page.locator("#result li", has_text=re.compile("^R[19] ")).all_inner_texts()
        assert len(rows) == 2 and all(one.endswith(word) for one in rows)


def test_a_cut_chain_comes_before_what_the_bag_counts(bag: Path, reader: Reader) -> None:
    path = bag / INSIDE / f"chains/box-1.{'0' * 32}.jsonl"
    put(path, b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    said = reader.check(finish_lists(bag))
    assert said.problems[0].startswith("the end of the chain of box-1 was cut")
    assert [number for number, one in enumerate(said.problems) if "Payload-Oxum" in one] == [len(said.problems) - 1]


def test_a_broken_video_is_told_by_day_time_room_and_camera(bag: Path, reader: Reader) -> None:
    replaced(VIDEO, b"first", b"firsu")(bag)
    said = reader.check(bag)
    assert [one.partition("\n")[2] for one in said.problems] == [
        "Filmed: 2026-03-02 08:40–08:41 · Room: 101 · Camera: room"], said.problems


def put_bag_of(folder: Path, made: tuple[Site, Maker, Maker], policy: str) -> Path:
    write_export(folder / INSIDE, *made, policy)
    return put_bag(folder)


def test_a_bag_without_names_is_whole(bag: Path, reader: Reader) -> None:
    (bag / "data/names.json").unlink()
    said = reader.check(finish(bag))
    assert said.whole and "people are told by their pseudonyms" in said.text


def test_a_bag_is_known_to_bagit(bag: Path) -> None:
    """The bags of these tests are bags to others, too."""
    bagit.Bag(str(bag)).validate()


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(bag: Path) -> None:
        data = (bag / name).read_bytes()
        assert old in data
        put(bag / name, data.replace(old, new, 1))

    return change


def derived(name: str, **changes: object) -> Callable[[Path], None]:
    """Another value in a derived file, with manifests that fit."""
    def change(bag: Path) -> None:
        put_json(bag / name, {**json.loads((bag / name).read_bytes()), **changes})
        finish(bag)

    return change


def listed(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Another index."""
    def alter(bag: Path) -> None:
        index = json.loads((bag / "data/index.json").read_bytes())
        change(index)
        put_json(bag / "data/index.json", index)
        finish(bag)

    return alter


def added(name: str, data: bytes = b"x") -> Callable[[Path], None]:
    return lambda bag: put(bag / name, data)


def gone(name: str) -> Callable[[Path], None]:
    return lambda bag: (bag / name).unlink()


ATTACKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit in a video": (replaced(VIDEO, b"first", b"firsu"), "segment r-1/000000.mp4 of box-1 was changed"),
    "a video gone": (gone(VIDEO), "segment r-1/000000.mp4 of box-1 is missing"),
    "a file added to the class": (added("data/class/x.txt"), "x.txt is not named by any record: it was added"),
    "a file added to the data": (
        lambda bag: (put(bag / "data/x.txt", b"x"), finish(bag)), "does not belong into a bag"),
    "a file added beside the data": (added("fetch.txt"), "fetch.txt was added"),
    "a file added beside the data, and listed": (
        lambda bag: (put(bag / "fetch.txt", b"x"), finish_lists(bag)), "fetch.txt does not belong into a bag"),
    "Thumbs.db": (added("data/Thumbs.db"), "Remove it, and check again"),
    "bagit.txt changed": (replaced("bagit.txt", b"1.0", b"0.9"), "bagit.txt is not what a bag"),
    "bagit.txt gone": (gone("bagit.txt"), "bagit.txt is missing"),
    "no manifest": (gone(MANIFEST), "manifest-sha256.txt is missing"),
    "no manifest of the tags": (gone(TAGS), "tagmanifest-sha256.txt is missing"),
    "a line of the manifest gone": (
        lambda bag: put(bag / MANIFEST, b"".join((bag / MANIFEST).read_bytes().splitlines(True)[1:])),
        "does not name it"),
    "a line twice": (
        lambda bag: put(bag / MANIFEST, (bag / MANIFEST).read_bytes() * 2), f"{MANIFEST} is no manifest: line"),
    "a path out of the bag": (replaced(MANIFEST, b"  data/class/manifest.json", b"  ../class/manifest.json"),
                              f"{MANIFEST} is no manifest: line"),
    "a manifest without its end": (
        lambda bag: put(bag / MANIFEST, (bag / MANIFEST).read_bytes()[:-1]), "is no manifest"),
    "the page changed": (
        replaced("verify.html", b"Zaitang", b"Zaitong"), "verify.html or tagmanifest-sha256.txt was changed"),
    "the page gone": (lambda bag: ((bag / "verify.html").unlink(), finish_lists(bag)), "verify.html is missing"),
    "another size": (lambda bag: (replaced(INFO, b"Oxum: ", b"Oxum: 1")(bag), finish_lists(bag)), "Payload-Oxum"),
    "another class in bag-info.txt": (
        lambda bag: (replaced(INFO, b"welder-1", b"welder-2")(bag), finish_lists(bag)), "External-Identifier"),
    "another export in bag-info.txt": (
        lambda bag: (replaced(INFO, b"Zaitang-Export: ", b"Zaitang-Export: 0")(bag), finish_lists(bag)),
        "Zaitang-Export"),
    "a label twice in bag-info.txt": (lambda bag: (
        put(bag / INFO, (bag / INFO).read_bytes() * 2), finish_lists(bag)), "bag-info.txt cannot be read"),
    "names that are one to other file systems": (
        lambda bag: put(bag / MANIFEST, (bag / MANIFEST).read_bytes() + b"0" * 64 + b"  data/INDEX.pdf\n"),
        "is no manifest"),
    "no index for people": (lambda bag: ((bag / "data/index.pdf").unlink(), finish(bag)), "data/index.pdf is missing"),
    "no findings": (lambda bag: ((bag / "data/findings.json").unlink(), finish(bag)), "data/findings.json is missing"),
    "another name": (derived("data/names.json", people=[{"person": "p-1", "name": "韩梅梅", "salt": SALT}]),
                     "names.json gives p-1 a name to which no plan"),
    "a name of nobody": (derived("data/names.json", people=[{"person": "p-9", "name": "李雷", "salt": SALT}]), "p-9"),
    "a name twice": (derived("data/names.json", people=[{"person": "p-1", "name": "李雷", "salt": SALT}] * 2), "twice"),
    "names of another class": (
        derived("data/names.json", **{"class": "other-1"}), "its class should be welder-1, and is other-1"),
    "names and more": (derived("data/names.json", secret="x"), "it holds more than names"),
    "findings with a fraction": (derived("data/findings.json", rules=1.5), "numbers in records are whole"),
    "findings that say a thing twice": (lambda bag: (
        replaced("data/findings.json", b'"v": 1', b'"v": 2, "v": 1')(bag), finish(bag)), "a key stands there twice"),
    "names that are none": (derived("data/names.json", people={"p-1": "x"}), "people is missing"),
    "an index of another export": (derived("data/index.json", export="0" * 64), "its export should be"),
    "an index that lists a segment otherwise": (
        listed(lambda index: index["segments"][0].update(size=1)), "which no record of the class names"),
    "an index that leaves one out": (
        listed(lambda index: index["segments"].pop()), "leaves out the segment of record 5 of box-1"),
    "an index that lists one twice": (
        listed(lambda index: index["segments"].append(index["segments"][0])), "which no record of the class names"),
    "findings of another moment": (
        derived("data/findings.json", as_of="2027-01-01T00:00:00.000000Z"), "its as_of should be"),
    "findings that are no JSON": (lambda bag: (put(bag / "data/findings.json", b"{"), finish(bag)), "not JSON"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_a_bag_is_named(attack: str, bag: Path, reader: Reader) -> None:
    change, says = ATTACKS[attack]
    change(bag)
    said = reader.check(bag)
    assert said.whole is False and says in said.problems[0], said.problems


@pytest.mark.parametrize("name", sorted([*ROLES["files"], "../findings.json", "../index.pdf", "../../bagit.txt",
                                         "../../bag-info.txt", "../../manifest-sha256.txt", "../../verify.html"]))
def test_a_flipped_bit_in_any_file_is_named(name: str, tmp_path: Path, reader: Reader) -> None:
    for file, text in ROLES["files"].items():
        put(tmp_path / "bag" / INSIDE / file, text.encode())
    path = put_bag(tmp_path / "bag") / INSIDE / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))
    said = reader.check(tmp_path / "bag")
    assert said.whole is False
    assert name.replace("../", "").removeprefix("segments/box-1/") in str(said.problems), said.problems


def test_an_index_may_list_apart_what_was_removed(tmp_path: Path, reader: Reader) -> None:
    folder = write_export(tmp_path / "bag" / INSIDE, *class_of(removed=1))
    (folder / "segments/box-1/r-1/000001.mp4").unlink()
    bag = put_bag(tmp_path / "bag")
    assert reader.check(bag).whole
    listed(lambda index: index.update(removed=[index["segments"].pop(1)]))(bag)
    assert reader.check(bag).whole
    listed(lambda index: index["removed"].append(index["segments"].pop()))(bag)  # this one is here
    assert "names a segment r-1/000002.mp4 of box-1, which no record" in reader.check(bag).problems[0]


def hostile(bag: Path, name: str, data: bytes) -> Path:
    put(bag / INSIDE / name, data)
    return finish_lists(bag)


@pytest.mark.parametrize(("name", "data"), [
    ("manifest.json", b'{"payload":"","payloadType":"x","signatures":[]}'), ("manifest.json", b"[" * 500_000),
    ("manifest.json", b"\xff" * 10), ("manifest.json", b"x" * 2_000_000),
    ("root.pem", b"-----BEGIN CERTIFICATE-----\n"), ("root.pem", b"x" * 20_000),
    (f"chains/box-1.{'0' * 32}.jsonl", b"\n" * 300_000),
    (f"chains/box-1.{'0' * 32}.jsonl", b"x" * 3_000_000), (f"chains/box-1.{'0' * 32}.jsonl", b""),
    (f"chains/box-1.{'0' * 32}.jsonl", b'{"__proto__":{"payload":""}}\n' * 10),
    ("tree/9999999999999999/checkpoint", b"x\n\n"), ("tree/14/checkpoint", b"\xe2\x80\x94 a b\n\n\xe2\x80\x94 a b\n"),
    ("tree/seen", b"size 9007199254740991\n\n"), ("policy.toml", b'id = "x"\naccept_test_keys = true\n'),
])
def test_hostile_files_are_bounded_and_named(name: str, data: bytes, tmp_path: Path, reader: Reader) -> None:
    for file, text in ROLES["files"].items():
        put(tmp_path / "bag" / INSIDE / file, text.encode())
    said = reader.check(hostile(put_bag(tmp_path / "bag"), name, data))
    assert said.whole is False and said.problems


def test_derived_files_with_the_names_of_prototypes(bag: Path, reader: Reader) -> None:
    data = b'{"v":1,"class":"welder-1","people":[{"person":"constructor","name":"x","salt":"%b"}]}'
    put(bag / "data/names.json", data % SALT.encode())
    put_json(bag / "data/findings.json", {
        "v": 1, "rules": 1, "class": "welder-1", "as_of": "2026-03-02T01:40:00.000000Z", "__proto__": {"v": 2},
        "findings": [{"rule": "constructor", "result": "__proto__"}]})
    said = reader.check(finish(bag))
    assert said.whole is False and "names.json gives constructor a name" in said.problems[0]
    assert "constructor · __proto__" in " ".join(said.text.split()).replace("constructor  ·", "constructor ·")


def test_nothing_in_a_bag_becomes_part_of_the_page(bag: Path, reader: Reader) -> None:
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    put_json(bag / "data/findings.json", {
        "v": 1, "rules": 1, "class": "welder-1", "as_of": "2026-03-02T01:40:00.000000Z",
        "findings": [{"rule": script, "result": script}]})
    said = reader.check(finish(bag))
    assert said.whole and script in said.text and reader.page.locator("#result img, #result script").count() == 0


def test_names_of_files_are_shown_without_control_characters(bag: Path, reader: Reader) -> None:
    put(bag / "data/class/a\u202ex\n.txt", b"x")
    assert "a\\u{202e}x\\u{a}.txt" in reader.check(bag).problems[0]


@pytest.mark.parametrize("made", [
    lambda folder: put(folder / "notes.txt", b"x"),
    lambda folder: put_bag_one_deeper(folder),
])
def test_what_is_no_bag(made: Callable[[Path], object], tmp_path: Path, reader: Reader) -> None:
    made(tmp_path / "folder")
    said = reader.check(tmp_path / "folder")
    assert said.whole is None and "choose the folder in which bagit.txt lies" in said.text


def put_bag_one_deeper(folder: Path) -> None:
    write_export(folder / "bag" / INSIDE, *class_of())
    put_bag(folder / "bag")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_flipped_bit_in_a_bag_of_a_gigabyte_is_named_in_bounded_memory(
    tmp_path: Path, reader: Reader, browser: Any,
) -> None:
    site, block = Site(), os.urandom(1 << 20)
    box, centre = site.box(), site.centre()
    centre.add("order.class", order("demo"))
    folder = tmp_path / "bag" / INSIDE / "segments/box-1/r-1"
    folder.mkdir(parents=True)
    for index, count in enumerate((200, 200, 200, 150, 300)):  # the last one is too large for WebCrypto
        path = folder / f"{index:06}.mp4"
        with path.open("wb") as file:
            file.writelines(number.to_bytes(8, "big") + block[8:] for number in range(count))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        box.add("segment", {**segment(index, b""), "size": count << 20, "sha256": digest})
    with_class = write_export(tmp_path / "class", site, box, centre)
    for name, data in listing(with_class).items():
        if not name.startswith("segments/"):
            put(tmp_path / "bag" / INSIDE / name, data)
    bag = put_bag(tmp_path / "bag")
    assert reader.check(bag).whole
    for index, at in ((4, 123_456_789), (1, (200 << 20) - 1)):
        path = folder / f"{index:06}.mp4"
        flip(path, at)
        said = reader.check(bag)
        assert said.problems[0].startswith(f"segment r-1/00000{index}.mp4 of box-1 was changed: its hash is not")
        flip(path, at)
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    peaks = [peak_mb(one["id"]) for one in processes if one["type"] == "renderer"]
    assert max(peaks) < 1600, peaks


def flip(path: Path, at: int) -> None:
    """Change one bit of a large file, where it lies."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def peak_mb(process: int) -> int:
    """The most memory that a process ever held."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_whom_one_trusts_is_heard_without_reading_again(bag: Path, reader: Reader, tmp_path: Path) -> None:
    assert reader.check(bag).whole
    page = reader.page

    def after(fill: Callable[[], None]) -> Said:
        fill()
        page.locator("#root").blur()
        page.wait_for_timeout(100)
        return reader.said()

    root = ROLES["root"]
    colons = ":".join(root[at:at + 2] for at in range(0, 64, 2)).upper()
    assert "Signer pinned" in after(lambda: page.fill("#root", colons)).text
    assert after(lambda: page.fill("#root", "ab" * 32)).problems[0].startswith("signed under the root")
    slip = after(lambda: page.fill("#root", "abc"))
    assert slip.whole and slip.problems == () and "Signer not pinned" in slip.text  # a slip condemns no bag
    assert page.locator("#verdict").get_attribute("class") == "whole unsure"
    assert page.get_attribute("#root", "aria-invalid") == "true"
    unread = "Your entry cannot be read; nothing was judged by it: a fingerprint has 64 digits of 0-9 a-f"
    assert page.inner_text("#root-problem") == unread
    page.fill("#witnesses", "nobody")
    assert after(lambda: page.locator("#witnesses").blur()).whole
    assert page.inner_text("#witnesses-problem").startswith("Your entry cannot be read; nothing was judged by it: ")
    page.fill("#witnesses", "")
    put(tmp_path / "root.pem", (bag / INSIDE / "root.pem").read_bytes())
    assert "Signer pinned" in after(lambda: page.set_input_files("#root-file", tmp_path / "root.pem")).text
    assert page.input_value("#root").replace(" ", "") == root and page.inner_text("#root-problem") == ""
    page.fill("#root", "")
    page.set_input_files("#root-file", [])


def test_a_dropped_folder_is_read(bag: Path, reader: Reader) -> None:
    """As a browser gives it: entries, a hundred at a time."""
    names = {name: list(data) for name, data in listing(bag).items()}
    reader.page.evaluate("""async (names) => {
      const file = (name, data) => ({ name, isDirectory: false,
        file: (resolve) => resolve(new File([Uint8Array.from(data)], name)) });
      const folder = (name, within) => ({ name, isDirectory: true, createReader: () => {
        const left = [...within.entries()];
        return { readEntries: (resolve) => resolve(left.splice(0, 2)
          .map(([key, value]) => (value instanceof Map ? folder(key, value) : file(key, value)))) };
      } });
      const tree = new Map();
      for (const [path, data] of Object.entries(names)) {
        const parts = path.split("/"), last = parts.pop();
        let at = tree;
        for (const part of parts) { if (!at.has(part)) at.set(part, new Map()); at = at.get(part); }
        at.set(last, data);
      }
      const event = new Event("drop", { cancelable: true });
      event.dataTransfer = { items: [{ webkitGetAsEntry: () => folder("bag", tree) }] };
      document.dispatchEvent(event);
    }""", names)
    assert reader.said().whole


def test_a_browser_that_cannot_check_signatures_says_so(browser: Any, page_file: Path) -> None:
    context = browser.new_context()
    context.add_init_script("SubtleCrypto.prototype.importKey = async () => { throw new Error('no'); }")
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert "本浏览器不能核验签名" in page.locator("#verdict").inner_text()
    assert page.locator("#folder").is_disabled()
    context.close()


def test_video_plays_where_it_lies(tmp_path: Path, page: Any) -> None:
    film = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=10", "-t", "3",
                    "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov", str(film)],
                   check=True, timeout=60)
    site = Site()
    box, centre = site.box(), site.centre()
    centre.add("order.class", order("demo"))
    box.add("segment", segment(0, film.read_bytes()))
    folder = write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    for index in (1, 2):
        (folder / f"segments/box-1/r-1/00000{index}.mp4").unlink()
    put(tmp_path / "bag" / VIDEO, film.read_bytes())
    reader = Reader(page)
    page.get_by_role("button", name="English").click()
    page.locator("main > details summary").click()
    assert reader.check(put_bag(tmp_path / "bag")).whole
    page.locator("section summary", has_text="2026-03-02").click()
    page.get_by_role("button", name="Play").click()
    page.locator("video").evaluate("""async (video) => {
      video.muted = true;
      for (let waited = 0; video.currentTime < 0.5; waited++) {
        if (waited > 200 || video.error) throw new Error(`does not play: ${video.error?.message}`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    }""")


def test_both_languages_on_a_narrow_screen_without_barriers(bag: Path, page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("main > details summary").click()
    put(bag / "data/class/stray.txt", b"x")
    for lang, verdict in (("中文", "不成立"), ("English", "Does not hold")):
        page.get_by_role("button", name=lang).click()
        if lang == "中文":
            assert Reader(page).check(bag).whole is False
            assert page.evaluate("document.activeElement.id") == "verdict"
        assert verdict in page.inner_text("#verdict")
        assert page.get_by_role("button", name=lang).get_attribute("aria-pressed") == "true"
        assert page.evaluate("document.documentElement.scrollWidth <= 390")
        for summary in page.locator("#result summary").all():
            summary.click()
        found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.eval_on_selector("html", "one => one.lang") == "en"


def test_the_page_is_one_file_that_asks_for_nothing() -> None:
    text = verify_page().decode()
    assert text.count("<script") == 1 and "default-src 'none'" in text and "connect-src 'none'" in text
    assert "unsafe" not in text and verify_page() == verify_page()
    assert {path.stem for path in HERE.glob("*.js")} == set(SCRIPTS)


def test_the_page_knows_whose_word_counts_for_what() -> None:
    text = (HERE / "records.js").read_text("utf-8")
    for name, types in (("CENTRE_TYPES", CENTRE_TYPES), ("BOX_TYPES", BOX_TYPES)):
        block = text.partition(f"const {name} = new Set([")[2].partition("])")[0]
        assert set(json.loads(f"[{block.rstrip().rstrip(',')}]")) == types
