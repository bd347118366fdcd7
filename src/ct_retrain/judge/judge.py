"""The complete judge: simulators, second opinion and cache, as the settings ask."""

import shutil
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

from ct_retrain.core.configuration.settings import JudgeSettings, SandboxMode
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.core.rules.versions import unaccepted
from ct_retrain.judge import layers
from ct_retrain.judge.confined.sandbox.fork_server import ForkedPrograms, compiled
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation, locate
from ct_retrain.judge.confined.simulators.verilator_build import (
    VerilatorInstallation,
    find_verilator,
    locate_verilator,
)
from ct_retrain.judge.credibility import TestbenchAppraiser
from ct_retrain.judge.evidence.cocotb import locate_library
from ct_retrain.judge.formal.simulator import ProofEngines, ProvingSimulator
from ct_retrain.judge.prover import Prover
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.sandbox.workers import Sandbox
from ct_retrain.judge.second_opinion import SecondOpinion
from ct_retrain.judge.simulators.cached import Cache, CachedSimulator, Use
from ct_retrain.judge.simulators.cocotb import CocotbSimulator
from ct_retrain.judge.simulators.fallback import FallbackSimulator
from ct_retrain.judge.simulators.icarus import Icarus
from ct_retrain.judge.simulators.verilator import Verilator


class Judge:
    """A Simulator that is safe to share between threads; its workers end with it.

    >>> from pathlib import Path
    >>> from ct_retrain import Judge, JudgeSettings, load_suite
    >>> problem = next(
    ...     one for one in load_suite("behavioural", Path()).problems if one.id == "abs_difference"
    ... )
    >>> with Judge(JudgeSettings()) as judge:
    ...     right, wrong = (judge.check(problem.design(text)) for text in (problem.golden, "module"))
    >>> right.passed, wrong.outcome.value
    (True, 'compile_error')
    """

    def __init__(
        self,
        settings: JudgeSettings,
        cache: Path | None = None,
        sandbox: SandboxMode = "best-effort",
        *,
        without: str = "",
    ) -> None:
        """Find the programs and test them with known designs; raise ToolError if they or the sandbox fail, or
        have versions that `judge.require` does not accept.

        Verdicts are kept in the file *cache*, if given. The layer *without* is left out (`judge.layers`).
        """
        self.settings = settings
        self.sandbox: SandboxMode = sandbox
        """Mode of the sandbox; `judge.spec` uses it to make an equal judge."""
        found = locate()
        second = _second(settings)
        builders = second.readable if second else ()
        memory = max(2048, settings.memory_mb + 1024)
        confined = Sandbox(found, sandbox, memory_mb=memory, warm=_warm(found))
        self._pool = Pool(confined._replace(builders=builders))
        library = locate_library()
        self._python_pool = Pool(confined._replace(library=library))
        for pool in (self._pool, self._python_pool):
            weakref.finalize(self, pool.close)
        self._cache = None if cache is None else Cache(cache, settings.cache_mb)
        self.icarus = Icarus(settings, found, self._pool, without)
        self.prover = Prover(settings, self._pool)
        self.verilator: Simulator | None = None
        """Verilator alone, if installed and allowed by the settings."""
        simulator = self._simulator(settings, second)
        self._demand_versions(second)
        cosimulating = CocotbSimulator(simulator, settings, self._python_pool, library)
        proving = ProvingSimulator(cosimulating, ProofEngines(self.prover, self.icarus))
        self.plain = self._remembering(proving)
        """The judge without second opinion: what the testbench alone says."""
        doubts = settings.second_opinion and without != layers.OPINION
        doubting = SecondOpinion(self.plain, self.prover, settings.unconfirmed) if doubts else None
        self._whole = self._remembering(doubting) if doubting else self.plain
        self.tool = self._whole.tool
        self.appraiser = TestbenchAppraiser(self.plain, self.prover)

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge itself fails."""
        return self._whole.check(design)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Return whether module *top* behaves alike in both texts; None if there is no proof, or yosys is missing."""
        return self.prover.same(golden, other, top)

    @property
    def cache_use(self) -> Use:
        """Number of cached and simulated answers, including those for credibility and second opinions."""
        layers = {id(one): one.use for one in (self.plain, self._whole) if isinstance(one, CachedSimulator)}
        simulated = self.plain.use.simulated if isinstance(self.plain, CachedSimulator) else 0
        return Use(sum(use.known for use in layers.values()), simulated)

    def close(self) -> None:
        """Stop the workers; the judge may be used again, with new ones."""
        self._pool.close()
        self._python_pool.close()
        self.prover.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _demand_versions(self, second: VerilatorInstallation | None) -> None:
        yosys = self.prover.yosys
        found = {
            "iverilog": self.icarus.tool.version,
            "verilator": second.version if second else "",
            "yosys": yosys.version if yosys else "",
        }
        wrong = unaccepted(found, self.settings.require.model_dump().items())
        if wrong:
            raise ToolError(
                f"{wrong}: install that version, or change judge.require, knowing that scores may move"
            )

    def _simulator(self, settings: JudgeSettings, second: VerilatorInstallation | None) -> Simulator:
        if second is None:
            return self.icarus
        verilator = Verilator(settings, second, self._pool)
        self.verilator = self._remembering(verilator)
        if settings.simulator == "verilator":
            return verilator
        # A compiled model does what Icarus could not finish in a sixth of the time, so its limit is lower.
        quick = settings.model_copy(update={"cpu_seconds": max(1, settings.cpu_seconds // 6)})
        return FallbackSimulator(self.icarus, Verilator(quick, second, self._pool))

    def _remembering(self, simulator: Simulator) -> Simulator:
        return simulator if self._cache is None else CachedSimulator(simulator, self._cache)


def _warm(found: IcarusInstallation) -> ForkedPrograms | None:
    """Return what workers fork instead of starting a program anew; None without the library that does it."""
    library, yosys = compiled(), shutil.which("yosys")
    programs = {**found.programs, **({yosys: []} if yosys else {})}
    return ForkedPrograms(library, programs) if library else None


def _second(settings: JudgeSettings) -> VerilatorInstallation | None:
    """Return Verilator if the settings ask for it; raise ToolError if they require it and it is missing."""
    match settings.simulator:
        case "icarus":
            return None
        case "verilator":
            return locate_verilator()
        case "auto":
            return find_verilator()
