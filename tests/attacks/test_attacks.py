"""No attack passes under any style, none leaves the scratch directory, and the right design still passes."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge import layers
from ct_retrain.judge.attacks.ports import HELD
from ct_retrain.judge.attacks.suite import (
    Attack,
    attacks,
    hanging,
    results,
)
from ct_retrain.judge.attacks.testbenches import CONNECTIONS, benches
from ct_retrain.judge.attacks.testbenches import COUNTER as RIGHT
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.answer import Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.icarus_run import flatten, judge_with_icarus, prepare_testbench
from ct_retrain.judge.confined.simulators.icarus_tools import MACROS, PREDEFINED, locate
from ct_retrain.judge.evidence.harness import Nonce
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.guard import Approved, Report

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

MEMORY_MB = 256
NONCE = Nonce("0123456789abcdef", "fedcba9876543210")

ONLY_THE_SECOND_OPINION = {
    "hard-code the answers by a clock of its own",
    "hard-code the answers by a delayed loop that yosys cannot read",
    "right only while it is looked at",
    "tell the simulator by an unknown bit",
    *("other code for synthesis", "other code for yosys", "other code for synthesis that does not compile"),
    *("a black box", "a white box", "an unused module that holds the top"),
}
"""They answer rightly while they are simulated as written, and otherwise as synthesis reads them."""

ONLY_THE_GUARD = {
    "other code for the simulator",
    "hard-code the answers",
    "ask whether a bit is unknown",
    *("hide from synthesis by a comment", "hide from synthesis by a block comment"),
}
"""They answer rightly while they are simulated; that they would not elsewhere, only the guard sees."""

WITHOUT_DELAYS = ONLY_THE_SECOND_OPINION - {
    "tell the simulator by an unknown bit",
    *("a black box", "a white box", "an unused module that holds the top"),
}
"""Of these no yosys is needed: a design must pass without its delays, and with the macros of synthesis."""


@pytest.fixture(scope="module")
def strict() -> Iterator[Judge]:
    settings = JudgeSettings(simulator="icarus", cpu_seconds=1, memory_mb=MEMORY_MB, output_kb=64)
    with Judge(settings) as judge:
        yield judge


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    def marks() -> set[Path]:
        places = [Path("/tmp"), Path("/dev/shm"), Path.cwd()]
        return {path for place in places if place.is_dir() for path in place.glob("*ct-attack*")}

    before = marks()
    yield
    assert marks() == before


def test_the_suite_is_large_and_every_attack_is_distinct() -> None:
    found = attacks()

    assert len(found) >= 250
    assert len({attack.rtl for attack in found}) == len(found)
    assert len({attack.name for attack in found}) == len(found)


@pytest.mark.parametrize("testbench", benches().values(), ids=benches())
def test_the_right_design_passes(strict: Judge, testbench: str) -> None:
    verdict = strict.check(Design(rtl=RIGHT, testbench=testbench))

    assert verdict.outcome is Outcome.PASS, verdict


QUICK = {
    "counter": {"house", "verilogeval", "plain"},
    "adder": {"house", "silent"},
    "directed adder": {"counts"},
    **{joint: {"house", "silent"} for joint in CONNECTIONS},
}
"""Styles that each task is tried under by everybody; the others are for patient runs."""


def cases() -> Iterator[object]:
    """Forgeries under a few styles; what harms or hangs does so under any."""
    for attack in attacks():
        for style in benches(attack.task):
            quick = style in QUICK[attack.task] if attack.aim == "forge" else style == "house"
            marks = [] if quick else [pytest.mark.slow]
            yield pytest.param(attack, style, id=f"{attack.aim}: {attack.name}, {style}", marks=marks)


@pytest.mark.parametrize(("attack", "style"), tuple(cases()))
def test_no_attack_passes(strict: Judge, attack: Attack, style: str) -> None:
    if attack.name in ONLY_THE_SECOND_OPINION - WITHOUT_DELAYS and locate_yosys() is None:
        pytest.skip("yosys is not installed, and only its opinion is against this")
    verdict = strict.check(Design(rtl=attack.rtl, testbench=benches(attack.task)[style]))

    assert not verdict.passed
    if verdict.outcome is Outcome.DISPUTED and attack.task == "counter":
        assert attack.name in ONLY_THE_SECOND_OPINION | {name for _, name in HELD}
    assert "root:x:0" not in verdict.log + verdict.detail
    assert len(verdict.log) <= 4000


def test_no_process_is_left() -> None:
    with Judge(JudgeSettings(cpu_seconds=1)) as judge:
        judge.check(Design(rtl=RIGHT, testbench=benches()["plain"]))
    mine = [path.parent for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == os.getpid()]

    assert not [path for path in mine if "vvp" in (path / "comm").read_text()]


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_the_results_name_a_layer_for_each_and_show_what_a_careless_script_passes(strict: Judge) -> None:
    chosen = [attack for attack in attacks() if attack.name.startswith(("print", "finish", "force"))]
    found = list(results(strict, chosen))

    layers = {result.attack.name: result.layer for result in found}
    silenced = {name for name, layer in layers.items() if layer != "guard"}
    assert silenced <= {name for name in layers if name.startswith("print")}
    assert all(layers.values())
    assert sum(result.naive for result in found) >= 20


HANGING = {
    layers.GUARD: set[str](),
    layers.COMPILED: set[str](),
    layers.EVIDENCE: {one.name for one in attacks() if one.name.startswith(("unknown sums", "hard-coded"))},
    layers.OPINION: ONLY_THE_SECOND_OPINION
    | {one.name for one in attacks() if one.name.startswith(("unsynthesizable", "hard-code the answers by"))},
}
"""What passes under some style once one layer is left out: it hangs on that layer alone, and the page says so."""


@pytest.mark.slow
@pytest.mark.parametrize("layer", layers.LAYERS)
def test_what_hangs_on_one_layer_alone_is_known(layer: str) -> None:
    chosen = [attack for attack in attacks() if attack.aim == "forge"]
    settings = JudgeSettings(simulator="icarus", cpu_seconds=1, memory_mb=MEMORY_MB, output_kb=64)
    with Judge(settings, without=layer) as judge:
        passing = {name for style in ("house", "counts") for name in hanging(judge, chosen, style)}

    assert passing <= HANGING[layer]
    assert bool(passing) == bool(HANGING[layer])


@pytest.fixture
def _as_in_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where programs are started, our own processor time does not count."""
    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGXCPU, before)


@pytest.mark.usefixtures("_as_in_a_worker")
@pytest.mark.parametrize("style", benches())
def test_without_the_guard_the_harness_alone_stops_almost_every_forgery(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = SimulatorTools(locate(), True, Limits(1, MEMORY_MB, 64), 20, 1000, None)

    def waved_through(rtl: str, reserved: frozenset[str]) -> Approved:
        flat = flatten(rtl, "design.v", tools)
        return Approved(Report((), ()), flat if isinstance(flat, str) else rtl)

    monkeypatch.setattr("ct_retrain.judge.confined.simulators.icarus_run.approve", waved_through)
    monkeypatch.setattr(
        "ct_retrain.judge.confined.simulators.icarus_run.breach", lambda compiled, declared: ""
    )
    monkeypatch.setattr("ct_retrain.judge.confined.simulators.icarus_run.CpuBudget", contextlib.nullcontext)
    Path(MACROS).write_text(PREDEFINED)
    bench = prepare_testbench(benches()[style], tools)
    assert isinstance(bench, Bench)

    passed = {
        attack.name
        for attack in attacks()
        if attack.aim == "forge"
        and attack.task == "counter"
        and attack.name not in {name for _, name in HELD}
        and judge_with_icarus(attack.rtl, bench, NONCE, tools).outcome is Outcome.PASS
    }

    assert passed == ONLY_THE_GUARD | ONLY_THE_SECOND_OPINION
