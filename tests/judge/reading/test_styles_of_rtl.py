"""Designs in the styles that people write are judged: each is right, and passes."""

import shutil
from collections.abc import Iterator

import pytest
from tests.judge.reading.styles_of_rtl import COMPUTATIONS, Styled, styled

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.confined.simulators.verilator_build import find_verilator
from ct_retrain.judge.judge import Judge

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

DESIGNS = tuple(one for one in styled() if find_verilator() or not one.name.startswith("interface"))
"""Icarus 11 reads no modports."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(second_opinion=False, workers=1)) as made:
        yield made


def test_there_are_enough_of_them() -> None:
    assert len({one.rtl for one in styled()}) >= 60


def _all_but_one_of_each_style_are_slow() -> Iterator[object]:
    for number, one in enumerate(DESIGNS):
        yield pytest.param(one, id=one.name, marks=[pytest.mark.slow] if number % len(COMPUTATIONS) else [])


@pytest.mark.parametrize("one", _all_but_one_of_each_style_are_slow())
def test_a_right_design_passes_in_every_style(judge: Judge, one: Styled) -> None:
    verdict = judge.check(Design(rtl=one.rtl, testbench=one.testbench))

    assert verdict.outcome is Outcome.PASS, verdict.detail


@pytest.mark.parametrize("one", DESIGNS[:: len(COMPUTATIONS)], ids=lambda one: one.name)
def test_a_wrong_one_does_not(judge: Judge, one: Styled) -> None:
    wrong = one.rtl.replace("a + b", "a + b + 1")

    assert wrong != one.rtl
    assert judge.check(Design(rtl=wrong, testbench=one.testbench)).outcome is Outcome.MISMATCH
