"""A suite is read as it lies there, and whatever is no usable problem is named, one reason each."""

import json
from pathlib import Path

import pytest
from tests.suites.layouts import gate, plain_row, rtllm, v1, v2, write_lines

from ct_retrain.core.errors import UsageError
from ct_retrain.suites.load import load_suite


def reasons(path: Path) -> dict[str, str]:
    return {one.subject: one.reason for one in load_suite(str(path), Path()).rejected}


def test_the_built_in_suite_is_known_by_name():
    suite = load_suite("behavioural", Path())

    assert suite.kind == "built-in"
    assert not suite.rejected
    assert all(problem.source for problem in suite.problems)


def test_the_layout_is_told_from_what_lies_at_the_path(tmp_path):
    kinds = {
        load_suite(str(path), tmp_path).kind: load_suite(str(path), tmp_path).name
        for path in (
            v1(tmp_path / "one", ["a"]),
            v2(tmp_path / "two", ["Prob001_zero"]),
            rtllm(tmp_path / "three", ["Control/Finite State Machine/fsm"]),
            write_lines(tmp_path / "mine.jsonl", [plain_row("a")]),
        )
    }

    assert kinds == {
        "verilogeval-v1": "verilogeval-v1-human",
        "verilogeval-v2": "verilogeval-v2-spec-to-rtl",
        "rtllm": "rtllm",
        "plain": "mine",
    }


def test_a_path_is_relative_to_the_workspace_and_may_name_its_layout(tmp_path):
    write_lines(tmp_path / "suites" / "mine.jsonl", [plain_row("a")])

    assert load_suite("suites/mine.jsonl", tmp_path) == load_suite("plain:suites/mine.jsonl", tmp_path)


def test_every_bad_line_is_named_once_and_the_rest_is_used(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [plain_row("good")])
    half = json.dumps(plain_row("half"))[:80]
    bad = [
        half,
        "[1]",
        json.dumps({key: value for key, value in plain_row("bare").items() if key != "golden"}),
        json.dumps(plain_row("empty", golden=" ")),
        json.dumps(plain_row("../up")),
        json.dumps(plain_row("typo", catgory="x")),
        json.dumps(plain_row("surrogate")).replace("An and", "\\ud800"),
        json.dumps(plain_row("other", golden=gate("door"))),
        json.dumps(plain_row("asks", top="door", golden=gate("door"))),
        json.dumps(plain_row("ports", interface="module gate (input a, output y);")),
        json.dumps(plain_row("twice")),
        json.dumps(plain_row("twice")),
    ]
    with path.open("ab") as file:
        file.write("\n".join(["", *bad, ""]).encode() + b'{"id": "\xff"}\n')

    suite = load_suite("mine.jsonl", tmp_path)

    assert [problem.id for problem in suite.problems] == ["good"]
    assert {one.subject: one.reason for one in suite.rejected} == {
        "mine.jsonl:3": "not_json",
        "mine.jsonl:4": "not_json",
        "mine.jsonl:5": "missing_golden",
        "mine.jsonl:6": "missing_golden",
        "mine.jsonl:7": "bad_field",
        "mine.jsonl:8": "bad_field",
        "mine.jsonl:9": "bad_field",
        "mine.jsonl:15": "not_text",
        "other": "wrong_interface",
        "asks": "wrong_interface",
        "ports": "wrong_interface",
        "twice": "duplicate_id",
    }
    assert all(one.detail for one in suite.rejected)


def test_what_does_not_fit_is_said_in_words(tmp_path):
    rows = [plain_row("good"), plain_row("other", golden=gate("door"))]
    path = write_lines(tmp_path / "mine.jsonl", rows)

    [wrong] = load_suite(str(path), tmp_path).rejected

    assert wrong.detail == "the golden defines door, not gate"


def test_a_suite_without_a_usable_problem_is_no_suite(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [plain_row("a", golden="")])

    with pytest.raises(UsageError, match=r"no usable problem\nmine.jsonl:1: missing_golden"):
        load_suite(str(path), tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "empty", "blank.jsonl", "rtllm:nowhere"])
def test_what_is_no_suite_at_all_is_refused_with_the_layouts_that_are(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank.jsonl").write_text("\n")

    with pytest.raises(UsageError):
        load_suite(name, tmp_path)


def test_a_release_with_several_suites_asks_which(tmp_path):
    v2(tmp_path, ["Prob001_zero"])
    v2(tmp_path, ["Prob001_zero"], header=True)

    with pytest.raises(UsageError, match=r"name one: .*code-complete.*spec-to-rtl"):
        load_suite(".", tmp_path)


def test_the_order_of_lines_does_not_change_the_suite(tmp_path):
    rows = [plain_row(name) for name in ("c", "a", "b")]
    one = write_lines(tmp_path / "one" / "mine.jsonl", rows)
    other = write_lines(tmp_path / "other" / "mine.jsonl", rows[::-1])

    assert load_suite(str(one), tmp_path) == load_suite(str(other), tmp_path)
