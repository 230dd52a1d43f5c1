"""Help and errors of the commands are in the language of the command line or of the environment."""
from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.commands import asked_language, columns, wrapped
from common.texts import catalogue

COMMANDS = ("edge.cli", "central.cli", "verify.cli", "verify.witness_cli")


def texts_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every text that help may show of a parser and of the commands below it."""
    yield from filter(None, (parser.description, parser.epilog))
    for action in parser._actions:
        yield from filter(None, [action.help])
        if isinstance(action, argparse._SubParsersAction):
            yield from (one.help for one in action._choices_actions if one.help)
            for below in action.choices.values():
                yield from texts_of(below)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_text_is_in_the_catalogue(command: str) -> None:
    texts = set(texts_of(importlib.import_module(command)._parser("en")))
    assert len(texts) > 4
    assert [text for text in texts if catalogue("zh").gettext(text) == text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_the_language_that_is_asked_for(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    main = importlib.import_module(command).main
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    for asked, own in (([], "用法："), (["--lang", "en"], "usage: "), (["--lang=zh"], "用法：")):
        with pytest.raises(SystemExit) as ended:
            main([*asked, "--help"])
        said = capsys.readouterr().out
        assert ended.value.code == 0 and said.startswith(own)
        chinese = re.findall(r"[一-鿿]", said)
        assert bool(chinese) is (own == "用法："), said
        if chinese:
            assert not re.search(r"options|show this|positional|language", said)
            assert all(columns(line) <= 80 for line in said.splitlines())


def test_help_of_a_command_below_and_errors_are_in_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    from edge.cli import main

    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for arguments, says in (
        (["storage", "prune", "--help"], "只说明"), (["run"], "缺少必需的参数：--box"),
        (["process", "cook", "--box", "x"], "无效的选项"),
        (["record", "--source", "x", "--out", "y", "--pace", "q"], "无效的值"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        said = "".join(capsys.readouterr())
        assert says in said and "用法：" in said, said


@pytest.mark.parametrize(("command", "arguments"), [
    ("edge.cli", ["record", "--source", "x", "--out", "y"]), ("edge.cli", ["storage", "status", "--box", "x"]),
    ("central.cli", ["collect", "--centre", "x"]), ("verify.cli", ["x"]),
])
def test_the_language_may_be_given_before_or_behind_the_command(
    command: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    parser = importlib.import_module(command)._parser("zh")
    assert parser.parse_args(arguments).lang == "zh"
    assert parser.parse_args(["--lang", "en", *arguments]).lang == "en"
    assert parser.parse_args([*arguments, "--lang", "en"]).lang == "en"
    assert parser.parse_args(["--lang", "zh", *arguments, "--lang", "en"]).lang == "en"


@pytest.mark.parametrize(("argv", "lang"), [
    ([], "zh"), (["run", "--lang"], "zh"), (["--lang", "fr"], "zh"), (["--lang", "en", "x"], "en"),
    (["--lang=en"], "en"), (["record", "--out", "en"], "zh"),
])
def test_which_language_is_asked_for(argv: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert asked_language(argv) == lang


PIECES = st.sampled_from(["a", "bb，", " ", "录", "像，", "好。"])


@given(st.lists(PIECES, max_size=120).map("".join), st.integers(8, 80))
def test_wrapping_keeps_every_sign_and_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(columns(line) <= width or re.fullmatch("[ab]+[，。]?", line) for line in lines)
    assert not [line for line in lines if line[:1] in {"，", "。"}]


def test_chinese_is_broken_anywhere_but_before_a_closing_sign() -> None:
    assert wrapped("录像文件，保存在盒里", 8) == ["录像文", "件，保存", "在盒里"]
    assert wrapped("use --lang for 语言", 10) == ["use --lang", "for 语言"]


def test_what_a_command_does_not_know_is_told_with_its_own_usage(capsys: pytest.CaptureFixture[str]) -> None:
    from central.cli import main

    for lang, says in (("en", "unrecognized arguments: --colour"), ("zh", "不认识的参数：--colour")):
        with pytest.raises(SystemExit) as ended:
            main(["--lang", lang, "box", "list", "--centre", "x", "--colour"])
        said = capsys.readouterr().err
        assert ended.value.code == 2 and says in said and "zaitang-central box list" in said.splitlines()[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    def unexplained(parser: argparse.ArgumentParser) -> Iterator[str]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for below in action.choices.values():
                    yield from unexplained(below)
            elif not action.help:
                yield f"{parser.prog} {action.dest}"

    # What a video of any kind is, the name of the argument says.
    assert set(unexplained(importlib.import_module(command)._parser("en"))) <= {"zaitang-edge rollcall video"}
