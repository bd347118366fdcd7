"""Answers from a file: every one of them given back in order, every other line named."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ct_retrain.adapters.recorded import RecordedGenerator, record
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.problem import (
    Completion,
    Problem,
    Prompt,
    Sampling,
)

PROBLEMS = frozenset({"a", "b", "c"})


def sampling(samples: int) -> Sampling:
    return Sampling(samples=samples, temperature=0.6, top_p=0.95, max_new_tokens=512, seed=0)


def recorded(root: Path, *answers: tuple[str, str]) -> RecordedGenerator:
    path = root / "answers.jsonl"
    path.write_text("".join(json.dumps({"task_id": a, "completion": b, "x": 1}) + "\n" for a, b in answers))
    return RecordedGenerator(path, PROBLEMS)


def drawn(one: RecordedGenerator, *prompts: Prompt, samples: int = 0) -> list[tuple[str, int, str]]:
    found = one.generate(prompts, sampling(samples or one.samples))
    return [(answer.prompt_id, answer.index, answer.text) for answer in found]


def test_answers_come_back_in_the_order_of_the_file(tmp_path):
    one = recorded(tmp_path, ("b", "1"), ("a", "2"), ("b", "3"), ("a", "4"))

    assert one.samples == 2
    assert drawn(one, Prompt(id="a", text=""), Prompt(id="b", text="")) == [
        ("a", 0, "2"),
        ("a", 1, "4"),
        ("b", 0, "1"),
        ("b", 1, "3"),
    ]


def test_answers_that_are_there_already_are_not_given_again(tmp_path):
    one = recorded(tmp_path, ("a", "1"), ("a", "2"), ("a", "3"))

    assert drawn(one, Prompt(id="a", text="", first=2)) == [("a", 2, "3")]
    assert drawn(one, Prompt(id="a", text=""), samples=1) == [("a", 0, "1")]


def test_a_problem_nobody_answered_gets_nothing_and_changes_no_count(tmp_path):
    one = recorded(tmp_path, ("a", "1"))

    assert drawn(one, Prompt(id="b", text=""), Prompt(id="c", text="")) == []
    assert one.samples == 1


def test_most_problems_say_how_many_answers_count_and_the_rest_is_named(tmp_path):
    one = recorded(tmp_path, ("a", "1"), ("b", "2"), ("c", "3"), ("a", "4"), ("a", "5"))

    assert one.samples == 1
    assert [(line.subject, line.reason) for line in one.rejected] == [
        ("answers.jsonl:4", "surplus"),
        ("answers.jsonl:5", "surplus"),
    ]
    assert "a has 3 answers, and most problems 1" in one.rejected[0].detail


def test_an_empty_answer_is_an_answer(tmp_path):
    assert drawn(recorded(tmp_path, ("a", "")), Prompt(id="a", text="")) == [("a", 0, "")]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (b'{"task_id": "a", "compl', "not_json", "Unterminated string"),
        (b"[]", "not_json", "not an object"),
        (b'{"task_id": "a\xff", "completion": ""}', "not_text", "UTF-8"),
        (b'{"task_id": "a"}', "bad_field", "completion: Field required"),
        (b'{"task_id": 7, "completion": ""}', "bad_field", "task_id: Input should be a valid string"),
        (b'{"task_id": "a", "completion": null}', "bad_field", "completion: Input should be a valid string"),
        (b'{"task_id": "a", "completion": "\\ud800"}', "bad_field", "hex escape"),
        (b'{"task_id": "d", "completion": ""}', "unknown_task", "no problem d"),
    ],
)
def test_a_line_that_is_no_answer_is_named_with_its_fault(tmp_path, line, reason, detail):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"task_id": "a", "completion": "good"}\r\n\n' + line)
    [found] = RecordedGenerator(path, PROBLEMS).rejected

    assert (found.subject, found.reason) == ("answers.jsonl:3", reason)
    assert detail in found.detail


@pytest.mark.parametrize("text", ["", "\n", "[]\n", '{"task_id": "d", "completion": ""}\n'])
def test_a_file_without_an_answer_is_refused(tmp_path, text):
    path = tmp_path / "answers.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match="holds no answer to a problem of the suite"):
        RecordedGenerator(path, PROBLEMS)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="JSONL file of task_id and completion"):
        RecordedGenerator(tmp_path / name, PROBLEMS)


def test_the_tool_names_the_bytes_of_the_file(tmp_path):
    first = recorded(tmp_path, ("a", "1")).tool
    other = recorded(tmp_path, ("a", "2")).tool

    assert recorded(tmp_path, ("a", "1")).tool == first
    assert other != first


class Numbering:
    """Answers every question with its number, and dies after *lasts* answers."""

    def __init__(self, lasts: int = 99, version: str = "1") -> None:
        self.tool = Tool(name="numbering", version=version)
        self.asked: list[tuple[str, int]] = []
        self._lasts = lasts

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            for index in range(prompt.first, sampling.samples):
                if len(self.asked) == self._lasts:
                    raise KeyboardInterrupt
                self.asked.append((prompt.id, index))
                yield Completion(
                    prompt_id=prompt.id, index=index, text=f"{prompt.id}{index}", finished=index > 0, tokens=3
                )


def problems(*names: str) -> list[Problem]:
    return [Problem(id=name, spec=name, top="t", testbench="", golden="", category="logic") for name in names]


def test_what_is_drawn_into_a_file_comes_back_from_it(tmp_path):
    path = tmp_path / "drawn.jsonl"
    assert record(path, problems("a", "b"), Numbering(), sampling(2)) == 4
    back = RecordedGenerator(path, PROBLEMS)

    assert back.samples == 2
    assert drawn(back, *(Prompt(id=name, text="") for name in "ab")) == [
        ("a", 0, "a0"),
        ("a", 1, "a1"),
        ("b", 0, "b0"),
        ("b", 1, "b1"),
    ]
    ended = [one.finished for one in back.generate([Prompt(id="a", text="")], sampling(2))]
    assert ended == [False, True]


@pytest.mark.parametrize("lasts", [0, 1, 3])
def test_drawing_that_was_cut_short_goes_on_where_it_stopped(tmp_path, lasts):
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    record(whole, problems("a", "b"), Numbering(), sampling(2))
    with pytest.raises(KeyboardInterrupt):
        record(cut, problems("a", "b"), Numbering(lasts), sampling(2))
    with cut.open("a") as file:
        file.write('{"task_id": "b", "compl')
    again = Numbering()

    assert record(cut, problems("a", "b"), again, sampling(2)) == 4 - lasts == len(again.asked)
    assert cut.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("names", "version", "seed"), [(("a",), "1", 0), (("a", "b"), "2", 0), (("a", "b"), "1", 1)]
)
def test_answers_of_another_origin_are_not_mixed(tmp_path, names, version, seed):
    path = tmp_path / "drawn.jsonl"
    record(path, problems("a", "b"), Numbering(), sampling(2))
    before = path.read_bytes()
    other = sampling(3).model_copy(update={"seed": seed})
    with pytest.raises(UsageError, match="another"):
        record(path, problems(*names), Numbering(version=version), other)
    assert path.read_bytes() == before


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    path = tmp_path / "theirs.jsonl"
    path.write_text('{"task_id": "a", "completion": "x"}\n')
    with pytest.raises(UsageError, match="not ours"):
        record(path, problems("a"), Numbering(), sampling(2))
