"""A setting that can change an answer changes the name of who gave it, or the key of the stage that asks.

The judge's settings are in the Tools of simulator and appraiser, which are in keys and scorecards. Those of curate,
benchmark and gate are digested whole in the keys of their stages. What changes neither is listed here with the reason.
"""

from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain import disk
from ct_retrain.core.configuration.section import Section
from ct_retrain.core.configuration.settings import (
    BenchmarkSettings,
    CurateSettings,
    GateSettings,
    JudgeSettings,
    SandboxMode,
    Settings,
)
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import Manifest, NightPlan
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import MANIFEST, PLAN
from ct_retrain.judge.confined.simulators.verilator_build import find_verilator
from ct_retrain.judge.credibility import TestbenchAppraiser as Credible
from ct_retrain.judge.judge import Judge
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.run.stages import STEPS

HARMLESS = {
    "judge.workers": "how many ask at once; each answer is from a process of its own",
    "judge.require": "with versions that it does not accept nothing is judged, and those there are are in the name",
    "judge.cache_mb": "what is forgotten is simulated again, with the same answer",
    "benchmark.batch_size": "every answer has a random stream of its own, whatever is drawn beside it",
}
NIGHT = "2026-01-01"
ASKING: tuple[StageName, ...] = ("collect", "curate", "train", "benchmark")
SECTIONS: dict[str, type[Section]] = {
    "curate": CurateSettings,
    "benchmark": BenchmarkSettings,
    "gate": GateSettings,
}
STAGES: dict[str, StageName] = {"curate": "curate", "benchmark": "benchmark", "gate": "benchmark"}


def changed(section: BaseModel, name: str) -> dict[str, Any]:
    """Another valid value of the field *name*."""
    value, kind = getattr(section, name), type(section).model_fields[name].annotation
    if get_origin(kind) is Literal:
        return {name: next(one for one in reversed(get_args(kind)) if one != value)}
    match value:
        case bool():
            other: object = not value
        case int():
            other = value + 1
        case float():
            other = value * 0.99 + 0.001
        case Section():
            other = {next(iter(type(value).model_fields)): ">=0"}
        case dict():
            other = {**value, "other": 0.5}
        case _:
            other = f"./{value}"
    return {name: other}


def identity(settings: JudgeSettings, sandbox: SandboxMode = "best-effort") -> tuple[Tool, Tool]:
    """How keys and scorecards name the judge of *settings*, and the appraiser that asks it."""
    with Judge(settings, sandbox=sandbox) as judge:
        return judge.tool, Credible(judge.plain, judge.prover).tool


@pytest.mark.parametrize("name", JudgeSettings.model_fields)
def test_every_setting_of_the_judge_is_in_its_name_or_harmless(name: str) -> None:
    if name == "simulator" and find_verilator() is None:
        pytest.skip("without Verilator each choice is Icarus, or no judge at all")
    settings = JudgeSettings()
    other = JudgeSettings.model_validate(changed(settings, name))

    assert (identity(other) == identity(settings)) is (f"judge.{name}" in HARMLESS)


def test_an_open_sandbox_is_another_judge() -> None:
    assert identity(JudgeSettings(), "off") != identity(JudgeSettings())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A workspace with a night that has measured, and is not over: its record would count as gold seen before."""
    made = found(tmp_path_factory.mktemp("town"))
    for width in range(2, 7):
        leave_trace(made.workspace, f"run_{width}", width)
    run_night(made.workspace, made.settings, made.ports, Options(night=NIGHT, until="benchmark"))
    return made


def keys(small: SmallWorkspace, settings: Settings) -> dict[StageName, str]:
    """What the night of *small* would name its stages under *settings*, with the judge that it has."""
    directory = small.workspace.night(NIGHT)
    plan = disk.read_record(directory / PLAN, NightPlan)
    night = Night(small.workspace, settings, small.ports, plan, directory)
    done: list[Manifest] = []
    made: dict[StageName, str] = {}
    for stage in ASKING:
        made[stage] = STEPS[stage](night, done)[0].key
        done.append(disk.read_record(directory / stage / MANIFEST, Manifest))
    return made


def test_a_night_has_the_keys_that_its_settings_give(small: SmallWorkspace) -> None:
    directory = small.workspace.night(NIGHT)
    written = {stage: disk.read_record(directory / stage / MANIFEST, Manifest).key for stage in ASKING}

    assert keys(small, small.settings) == written


OF_STAGES = [(section, name) for section, kind in SECTIONS.items() for name in kind.model_fields]


@pytest.mark.parametrize(("section", "name"), OF_STAGES)
def test_every_setting_of_a_section_is_in_the_key_of_its_stage_or_harmless(
    small: SmallWorkspace, section: str, name: str
) -> None:
    before = getattr(small.settings, section)
    after = SECTIONS[section].model_validate({**before.model_dump(), **changed(before, name)})
    settings = small.settings.model_copy(update={section: after})
    stage = STAGES[section]

    same = keys(small, settings)[stage] == keys(small, small.settings)[stage]
    assert same is (f"{section}.{name}" in HARMLESS)


@pytest.mark.parametrize("name", ["cpu_seconds", "proof_seconds"])
def test_a_limit_of_the_judge_is_in_every_key_of_a_stage_that_asks_it(
    small: SmallWorkspace, name: str
) -> None:
    """Without a second opinion too, as in this town: curate, train and the benchmark's suite rest on proofs."""
    settings = small.settings.judge.model_copy(update=changed(small.settings.judge, name))
    with Judge(settings) as judge:
        ports = small.ports._replace(simulator=judge, appraiser=Credible(judge.plain, judge.prover))
        after = keys(small._replace(ports=ports), small.settings)
    before = keys(small, small.settings)

    assert {stage for stage in ASKING if after[stage] != before[stage]} == {"curate", "train", "benchmark"}


def test_the_harmless_are_settings_that_there_are() -> None:
    kinds: dict[str, Any] = {**SECTIONS, "judge": JudgeSettings}

    assert all(
        name in kinds[section].model_fields for section, _, name in (one.partition(".") for one in HARMLESS)
    )
