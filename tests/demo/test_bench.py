"""The testbench of a task: passes its golden, refuses what is wrong, speaks the verdict protocol."""

from random import Random

import pytest
from benchmarks.embedded.blocks import block_families

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.demo import bench
from ct_retrain.demo.families import Family, Task, mastered_families, missing_families, sample

EVERY_FAMILY = tuple(dict.fromkeys((*mastered_families(), *missing_families(), *block_families())))


def constant_outputs(task: Task) -> str:
    """Write a module with the right ports whose outputs are all ones."""
    ports = [f"input [{width - 1}:0] {name}" for name, width in task.inputs]
    ports += [f"output [{width - 1}:0] {name}" for name, width in task.outputs]
    body = "".join(f"assign {name} = ~0;\n" for name, _ in task.outputs)
    return f"module {task.module}({', '.join(ports)});\n{body}endmodule\n"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("family", EVERY_FAMILY, ids=lambda family: family.name)
def test_the_golden_passes_its_own_testbench(family: Family, seed: int, icarus: Simulator) -> None:
    task = sample((family,), Random(seed), "train")

    verdict = icarus.check(Design(rtl=task.rtl, testbench=bench.testbench(task, seed=seed)))

    # A block is a piece of language: it may start unknown or not depend on its inputs, which the judge disputes.
    fine = {Outcome.PASS, Outcome.DISPUTED} if family in block_families() else {Outcome.PASS}
    assert verdict.outcome in fine, f"{task.instruction}\n{task.rtl}\n{verdict.detail}"
    assert (verdict.errors, verdict.checks >= 400) == (0, True)


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=lambda family: family.name)
def test_constant_outputs_do_not_pass(family: Family, icarus: Simulator) -> None:
    task = sample((family,), Random(4), "train")

    verdict = icarus.check(Design(rtl=constant_outputs(task), testbench=bench.testbench(task)))

    assert verdict.outcome is Outcome.MISMATCH, verdict.log


WRONG = [
    ("gray_counter", ">> 1", ">> 2"),
    ("johnson_counter", "~", ""),
    ("saturating_counter", "<= 0;", "<= 1;"),
    ("sequence_detector", "h == ", "h != "),
    ("two_state_fsm", "= 0, ", "= 1, "),
    ("up_counter", "+ 1", "+ 2"),
    ("comparator", "==", "!="),
    ("modulo_counter", " ? 0 :", " ? 1 :"),
    ("decoder", "1 <<", "2 <<"),
    ("edge_detector", "prev <= 0", "prev <= 1"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), WRONG)
def test_a_small_mistake_does_not_pass(name: str, right: str, wrong: str, icarus: Simulator) -> None:
    family = next(family for family in EVERY_FAMILY if family.name == name)
    task = sample((family,), Random(6), "train")
    assert right in task.rtl

    verdict = icarus.check(Design(rtl=task.rtl.replace(right, wrong, 1), testbench=bench.testbench(task)))

    assert not verdict.passed, task.rtl


def test_a_saturating_counter_that_wraps_does_not_pass(icarus: Simulator) -> None:
    family = next(family for family in missing_families() if family.name == "saturating_counter")
    tasks = sorted(
        (sample((family,), Random(seed), "train") for seed in range(40)),
        key=lambda task: int(task.key.rpartition("/")[2]),
    )
    # The largest limits take the longest to reach, above all behind an enable.
    for task in tasks[-10:]:
        name, width = task.outputs[0]
        wraps = task.rtl.replace(f": {name};", ": 0;")

        verdict = icarus.check(Design(rtl=wraps, testbench=bench.testbench(task)))

        assert verdict.outcome is Outcome.MISMATCH, (task.rtl, width)


def test_the_verdict_macro_can_be_redefined_by_the_judge() -> None:
    text = bench.testbench(sample(missing_families(), Random(1), "train"))

    assert text.startswith('`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n')
    assert text.count("$display") == 1


def test_the_same_task_and_seed_give_the_same_testbench() -> None:
    task = sample(missing_families(), Random(1), "train")

    assert bench.testbench(task, seed=9) == bench.testbench(task, seed=9)
    assert bench.testbench(task, seed=9) != bench.testbench(task, seed=8)
