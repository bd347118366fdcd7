"""The tasks that a node can be sent, and the judge's answers to them as JSON."""

import json
from typing import Literal, assert_never

from ct_retrain.core.record import Record
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.parts import JudgeParts, NaiveScripts

PartName = Literal["whole", "plain", "verilator"]


class CheckTask(Record):
    """Judge a design with one part of the judge; the answer is a Verdict."""

    part: PartName
    design: Design


class EquivalenceTask(Record):
    """Prove that module *top* behaves alike in both texts; the answer is true, false, or null if unknown."""

    golden: str
    other: str
    top: str


class AppraisalTask(Record):
    """Test a testbench on up to *most* mutants; the answer is a Credibility."""

    golden: Design
    most: int


class ScriptTask(Record):
    """Run the tools as *script*, or as most scripts do if None; the answer is a NaiveOutput, or the printed text."""

    design: Design
    script: Script | None


Task = CheckTask | EquivalenceTask | AppraisalTask | ScriptTask


def weight_of(task: Task) -> int:
    """Return about how many judgements *task* costs."""
    return task.most if isinstance(task, AppraisalTask) else 1


def answer_to(task: Task, judge: JudgeParts) -> str:
    """Return the answer of *judge* to *task* as JSON; raise ToolError if the judge fails."""
    match task:
        case CheckTask():
            return _checked(task, judge)
        case EquivalenceTask():
            return json.dumps(judge.same(task.golden, task.other, task.top))
        case AppraisalTask():
            return judge.appraiser(task.golden, task.most).model_dump_json()
        case ScriptTask():
            return json.dumps(_printed(task, judge.icarus))
        case _:
            assert_never(task)


def _printed(task: ScriptTask, icarus: NaiveScripts) -> NaiveOutput | str:
    return icarus.by_script(task.design, task.script) if task.script else icarus.naive(task.design)


def _checked(task: CheckTask, judge: JudgeParts) -> str:
    parts = {"whole": judge, "plain": judge.plain, "verilator": judge.verilator}
    simulator = parts[task.part]
    if simulator is None:  # the head has this part, and the Tool of a node without it would differ
        raise AssertionError(task.part)
    return simulator.check(task.design).model_dump_json()
