"""What a night learns of gold answers that think, and that a thought without an answer is no answer."""

import json
from pathlib import Path
from typing import Literal

import pytest
from tests.fakes import Scripted
from tests.stages.test_benchmark import Counting, inputs

from ct_retrain import disk
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.ports import Generator
from ct_retrain.core.record import Rejected, Tool, digest
from ct_retrain.core.records.dataset import Example, ExampleMetadata
from ct_retrain.core.records.problem import Suite
from ct_retrain.core.records.training import Row
from ct_retrain.judge.judge import Judge
from ct_retrain.stages.benchmark import benchmark
from ct_retrain.stages.train import MIXTURE, TrainInputs, prepare_training
from ct_retrain.suites.load import load_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    problems = load_suite("behavioural", Path()).problems[:2]
    return Suite(name="two", problems=problems, digest=digest(*problems))


RTL = "module w(input a, output y); assign y = a; endmodule"
DRAFT = "module w(input a, output y); assign y = ~a; endmodule"


def example() -> Example:
    names = dict.fromkeys(
        ("source", "spec_hash", "category", "run_id", "generated_at", "night", "generator"), "x"
    )
    digests = dict.fromkeys(("rtl_sha256", "testbench_sha256", "canonical"), digest("x"))
    counts = dict.fromkeys(("checks", "warnings", "attempts"), 1)
    metadata = ExampleMetadata.model_validate(
        {**names, **digests, **counts, "sim_passed": True, "compile_success": True, "top": "w"}
        | {"simulator": Tool(name="judge", version="1")}
    )
    return Example(instruction="An inverter", output=RTL, testbench="module tb; endmodule", metadata=metadata)


def mixed(
    place: Path, thoughts: Literal["strip", "keep"], answers: list[str]
) -> tuple[list[str], list[Rejected]]:
    """Completions of the gold rows that would be trained on, and what was refused."""
    for name in ("curated", "gold", "general", "out"):
        disk.make_directory(place / name)
    disk.write_lines(place / "curated" / "dataset.jsonl", iter([example()] * 4))
    disk.write_lines(place / "curated" / "repairs.jsonl", iter(()))
    gold = [
        json.dumps({"instruction": f"Wire {number}", "output": text}) for number, text in enumerate(answers)
    ]
    (place / "gold" / "v5.jsonl").write_text("\n".join(gold) + "\n")
    settings = TrainSettings.model_validate({"thoughts": thoughts})
    prepare_training(
        place / "out",
        TrainInputs(place / "curated", place / "gold", place / "general", "base", settings),
    )
    rows = disk.read_lines(place / "out" / MIXTURE, Row)
    refused = list(disk.read_lines(place / "out" / "rejected.jsonl", Rejected))
    return sorted(row.completion for row in rows if row.source == "gold"), refused


def test_thoughts_of_gold_answers_are_left_out_or_kept_as_is_set(tmp_path: Path) -> None:
    thoughtful = f"<think>\nPerhaps {DRAFT}\n</think>\n\n{RTL}"
    assert mixed(tmp_path / "a", "strip", [thoughtful, RTL])[0] == [RTL, RTL]
    assert mixed(tmp_path / "b", "keep", [thoughtful, RTL])[0] == [thoughtful, RTL]


@pytest.mark.parametrize("thoughts", ["strip", "keep"])
def test_a_gold_answer_that_only_thinks_is_refused_by_name(
    tmp_path: Path, thoughts: Literal["strip", "keep"]
) -> None:
    cut, empty = f"<think>\n{DRAFT}", f"<think>\n{DRAFT}\n</think>\n"
    completions, refused = mixed(tmp_path, thoughts, [cut, empty, RTL])
    assert completions == [RTL]
    assert [(one.reason, one.detail) for one in refused] == [
        ("thought_only", "its thought never ends"),
        ("thought_only", "nothing follows its thought"),
    ]


class Thinking:
    """A candidate that gives each golden in the words that it was made with, and a mainline that knows nothing."""

    def __init__(self, suite: Suite, words: str) -> None:
        self._answers = {one.spec: words.format(golden=one.golden) for one in suite.problems}

    def close(self) -> None: ...

    def open(self, adapter: Path | None) -> Generator:
        return Counting(self._answers if adapter else {}, "candidate" if adapter else "mainline")


@pytest.mark.parametrize(
    ("words", "outcomes"),
    [
        ("<think>\n{golden}", {"truncated": 6}),
        ("<THINKING>{golden}", {"truncated": 6}),
        ("[THINK]{golden}", {"truncated": 6}),
        ("<|channel|>analysis<|message|>{golden}", {"truncated": 6}),
        ("<think>{golden}<think>a</think>{golden}", {"truncated": 6}),
        ("<think>{golden}</think>I would rather not.", {"no_module": 6}),
        ("<think>\nhm\n</think>\n```verilog\n{golden}```", {"pass": 6}),
        ("hm\n</seed:think>\n{golden}", {"pass": 6}),
    ],
)
def test_the_draft_in_an_unfinished_thought_is_never_the_answer(
    tmp_path: Path, suite: Suite, judge: Judge, words: str, outcomes: dict[str, int]
) -> None:
    card = benchmark(tmp_path, inputs(suite), Thinking(suite, words), judge).scorecards[0]
    assert card.outcomes == outcomes
    assert card.finished_rate == (0.0 if "truncated" in outcomes else 1.0)


class Rendered(Scripted):
    """Reads what a template with a date makes of a question."""

    def __init__(self, date: str) -> None:
        super().__init__({})
        self._date = date
        self.drawn = 0

    def reads(self, prompts: object) -> str:
        return digest(self._date)

    def close(self) -> None: ...

    def open(self, adapter: Path | None) -> Generator:
        return self


def test_answers_are_used_again_only_where_the_same_was_really_asked(
    tmp_path: Path, suite: Suite, judge: Judge
) -> None:
    for night, date in enumerate(("27", "28", "28")):
        benchmark(tmp_path / str(night), inputs(suite, tmp_path / "stock"), Rendered(date), judge)
    names = [{path.name for path in (tmp_path / str(night) / "samples").iterdir()} for night in range(3)]
    assert names[1] == names[2]
    assert not names[0] & names[1]
