"""YAML is read as it was written: nothing is guessed, nothing is lost, and what cannot be read is a problem at its line."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connector.config.yaml_nodes import _FAST, DEPTH_MAX, SIZE_BYTES_MAX, Node, _Builder, read_text, read_yaml
from connector.core.problem import Problem


def read(folder: Path, text: str | bytes) -> tuple[Node | None, list[Problem]]:
    path = folder / "a.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    node, _, problems = read_yaml(path)
    return node, problems


def only(folder: Path, text: str | bytes) -> Problem:
    _, problems = read(folder, text)
    assert len(problems) == 1, problems
    return problems[0]


def plain(node: Node | None) -> object:
    """The node as plain Python, every scalar a text."""
    assert node is not None
    if node.entries is not None:
        return {key: plain(value) for key, value in node.entries.items()}
    return [plain(item) for item in node.items] if node.items is not None else node.scalar


def test_values_stay_the_text_that_a_person_wrote(tmp_path: Path) -> None:
    text = "NO: 010\n1_000: 1e3\non: ~\n'yes': null\ntime: 12:30:45\nday: 2026-01-01\nhex: 0x1F\nempty:\nquoted: '007'\n"
    node, problems = read(tmp_path, text)
    assert problems == []
    assert plain(node) == {
        "NO": "010", "1_000": "1e3", "on": "~", "yes": "null", "time": "12:30:45", "day": "2026-01-01", "hex": "0x1F", "empty": "",
        "quoted": "007",
    }  # fmt: skip


def test_every_piece_knows_its_line(tmp_path: Path) -> None:
    node, _ = read(tmp_path, "# first\na:\n  - x\n  - {b: y}\n\nc: z\n")
    assert node is not None
    assert node.entries is not None
    assert node.keys is not None
    items = node.entries["a"].items
    assert items is not None
    places = [node.place, node.keys["a"], items[0].place, items[1].place, node.keys["c"], node.entries["c"].place]
    assert [place.rpartition(":")[2] for place in places] == ["2", "2", "3", "4", "6", "6"]


@pytest.mark.parametrize("text", ["", "\n", "# nothing but a comment\n", "---\n"])
def test_an_empty_file_is_an_empty_table(tmp_path: Path, text: str) -> None:
    node, problems = read(tmp_path, text)
    assert problems == []
    assert node is not None
    assert node.place.startswith(f"{tmp_path / 'a.yaml'}:")
    assert plain(node) in ({}, "")


def test_a_mark_of_byte_order_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    node, problems = read(tmp_path, b"\xef\xbb\xbfa: 1\n")
    assert problems == []
    assert plain(node) == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "YAML_DUPLICATE", 3, "'a' is written twice (first at {file}:1)"),
        ("x:\n  NO: 1\n  NO: 2\n", "YAML_DUPLICATE", 3, "'NO' is written twice"),
        ("x: {a: 1,\n    a: 2}\n", "YAML_DUPLICATE", 2, "'a' is written twice"),
        ("a: 1\nb: &x 2\nc: *x\n", "YAML_ALIAS", 3, "Anchors and aliases"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "YAML_ALIAS", 3, "Anchors and aliases"),
        ("a: 1\n b: 2\n", "YAML_SYNTAX", 2, "A colon is not expected here"),
        ("a:\n b: 1\n  c: 2\n", "YAML_SYNTAX", 3, "A colon is not expected here"),
        ("a:\n b:\n   c: 1\n  d: 2\n", "YAML_SYNTAX", 4, "in another column than the entries it belongs to, which begin on line 2"),
        ("a:\n  b: 1\nc\nd: 2\n", "YAML_SYNTAX", 4, "A name without a colon"),
        ("a: 'open\n", "YAML_SYNTAX", 2, "while scanning a quoted scalar that began on line 1"),
        ("a: 1\n\tb: 2\n", "YAML_SYNTAX", 2, "A tab stands where blanks were expected."),
        ("a: [1, 2\nb: 3\n", "YAML_SYNTAX", 2, "."),
        ("a: 1\n---\nb: 2\n", "YAML_SYNTAX", 2, "document"),
        ("a: 1\nb: \x07\n", "YAML_SYNTAX", 2, "A character cannot be read"),
        ("a: 1\n? [b, c]\n: 2\n", "YAML_KEY", 2, "A key is a list or a table."),
        ("a: 1\n{b: c}: 2\n", "YAML_KEY", 2, "A key is a list or a table."),
        ("a:\n " + "[" * (DEPTH_MAX + 2) + "]" * (DEPTH_MAX + 2), "YAML_TOO_DEEP", 2, f"more than {DEPTH_MAX} levels"),
        ("[" * 5000 + "]" * 5000, "YAML_TOO_DEEP", 1, f"more than {DEPTH_MAX} levels"),
    ],
)
def test_what_cannot_be_read_is_a_problem_at_its_line(tmp_path: Path, text: str, code: str, line: int, words: str) -> None:
    problem = only(tmp_path, text)
    file = tmp_path / "a.yaml"
    assert (problem.code, problem.place) == (code, f"{file}:{line}")
    assert words.format(file=file) in problem.message
    assert problem.next_step


def test_every_duplicate_is_told_at_once(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n")
    assert [problem.place.rpartition(":")[2] for problem in problems] == ["2", "3", "4"]


def test_a_file_that_is_not_there_a_folder_and_one_in_another_encoding_are_problems(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("a: Müller\n".encode("latin-1"))
    found = [read_yaml(path) for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "latin.yaml", Path("a\0b"))]
    assert [node for node, _, _ in found] == [None] * 4
    problems = [problem for _, _, some in found for problem in some]
    assert [problem.code for problem in problems] == ["FILE_MISSING", "FILE_UNREADABLE", "FILE_UNREADABLE", "FILE_UNREADABLE"]
    assert problems[0].place == str(tmp_path / "none.yaml")
    assert problems[0].next_step == "Run `connector init`, or name another file."


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    problem = only(tmp_path, b"#" * (SIZE_BYTES_MAX + 1))
    assert (problem.code, problem.place) == ("YAML_TOO_LARGE", str(tmp_path / "a.yaml"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`,? \n\t0~<\x00\x85é", max_size=30))
def test_no_text_whatever_makes_the_reading_fail(tmp_path: Path, text: str) -> None:
    node, problems = read(tmp_path, text)
    assert (node is not None) or problems
    assert all(problem.code.startswith("YAML_") and problem.place.startswith(str(tmp_path)) for problem in problems)


def test_a_mistake_is_told_with_its_column(tmp_path: Path) -> None:
    assert str(only(tmp_path, "x: {a: 1, a: 2}\n")).startswith(f"{tmp_path / 'a.yaml'}:1:11: YAML_DUPLICATE 'a' is written twice")
    assert str(only(tmp_path, "a: 1\n\tb: 2\n")).startswith(f"{tmp_path / 'a.yaml'}:2:1: YAML_SYNTAX")
    assert str(only(tmp_path, "a: 1\nb: \x07\n")).startswith(f"{tmp_path / 'a.yaml'}:2:4: YAML_SYNTAX")


def test_the_second_of_two_documents_is_refused(tmp_path: Path) -> None:
    assert only(tmp_path, "a: 1\n---\nb: 2\n").message == "A second document begins here; a file is one document."


PLAIN = st.text("abcXYZ019 -_./:#'\"&*!%@,?{}[]|>", max_size=8)


@given(st.dictionaries(PLAIN, PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(PLAIN, PLAIN, max_size=3), max_size=4), st.booleans())
@settings(max_examples=40, deadline=None)
def test_both_parsers_read_a_file_alike(content: dict[str, object], is_raw: bool) -> None:
    """What libyaml reads of a large file is what the other parser reads of it, or libyaml cannot read it at all."""
    lines = [f"{key}: {value}" if is_raw else f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    text = "\n".join(lines) + "\n"
    try:
        fast = _Builder("a.yaml").read(yaml.parse(text, Loader=_FAST))
    except yaml.YAMLError:
        return
    pure = _Builder("a.yaml").read
    if fast[0] is None:
        with suppress(YAMLError):
            assert pure(YAML(typ="safe", pure=True).parse(text))[0] is None
    else:
        assert pure(YAML(typ="safe", pure=True).parse(text)) == fast


def test_a_large_file_is_read_like_a_small_one(tmp_path: Path) -> None:
    text = "facts:\n" + "".join(f"  - {{when: {{asset: A{n}}}, account: '{n:05}'}}\n" for n in range(1500))
    node, problems = read(tmp_path, text)
    assert problems == []
    assert node is not None
    assert node.entries is not None
    assert len(node.entries["facts"].items or ()) == 1500
    small = read_text(text[:40_000].rpartition("\n")[0], str(tmp_path / "a.yaml"))[0]
    assert small is not None
    assert small.entries is not None
    assert small.entries["facts"].items == (node.entries["facts"].items or ())[: len(small.entries["facts"].items or ())]


@pytest.mark.parametrize("text", ["[" * 4_000_000, "a: &a [1]\n" + "b: [*a, *a]\n" * 300_000])
def test_what_explodes_is_refused_at_its_beginning(text: str, tmp_path: Path) -> None:
    assert only(tmp_path, text).code in ("YAML_TOO_DEEP", "YAML_ALIAS")
