"""The judge on Icarus Verilog: a pass only on evidence that the design cannot make itself."""

import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.settings import JudgeSettings
from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.cache import Cache, Use, key
from ct_retrain.judge.equivalence import Alike, Question, locate_yosys
from ct_retrain.judge.process import Limits
from ct_retrain.judge.sandbox import Sandbox, Worker
from ct_retrain.judge.selftest import known
from ct_retrain.judge.synthesis import Copy
from ct_retrain.judge.toolchain import locate
from ct_retrain.verilog.guard import GUARD_VERSION

_PROOF_SECONDS = 5
"""Processor time for each of the two programs of a proof; what takes longer is unknown."""

NO_YOSYS = "yosys or yosys-abc is not installed"

HARNESS_VERSION = "3"
"""Part of every verdict's tool: it changes whenever the same design could be judged differently."""


class Icarus:
    """Judges designs with Icarus Verilog in confined workers; safe to share between threads, one worker each."""

    def __init__(self, settings: JudgeSettings, cache: Path | None = None) -> None:
        """Find the programs and let them judge what is known; raise ToolError when they or the sandbox are not fit.

        Verdicts are kept in the file *cache*, if one is named.
        """
        self._settings = settings
        self._cache = None if cache is None else Cache(cache, settings.cache_mb)
        found = locate()
        self._sandbox = Sandbox(found, settings.sandbox, memory_mb=max(2048, settings.memory_mb + 1024))
        self._limits = Limits(settings.cpu_seconds, settings.memory_mb, settings.output_kb)
        self._direct = False
        self._pool = _Pool(self._sandbox)
        weakref.finalize(self, self._pool.close)
        self.tool = self._examined(found.version, direct=bool(found.base))

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError when the judge is at fault."""
        if self._cache is None:
            return self._judge(design)
        name = key(design, self.tool, f"{self._limits} {self._settings.log_chars}")
        verdict = self._cache.get(name)
        if verdict is None:
            verdict = self._judge(design)
            self._cache.put(name, verdict)
        return verdict

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None where nobody can prove it, or yosys is missing."""
        return self.compared(Question(golden, other, top, bounded=False)).answer

    def compared(self, asked: Question) -> Alike:
        """What yosys and abc say."""
        yosys = locate_yosys()
        if yosys is None:
            return Alike(answer=None, why=NO_YOSYS)
        job = {**asked._asdict(), "yosys": yosys}
        limits = self._limits._replace(cpu_seconds=_PROOF_SECONDS, output_kb=64 << 10)
        answer = self._pool.ask(job, limits)
        if "answer" not in answer:
            return Alike(answer=None, why=str(answer["detail"]))
        return Alike(answer["answer"], answer["why"], answer["depth"], tuple(answer["steps"]))

    def resynthesised(self, rtl: str, wanted: tuple[str, ...]) -> Copy:
        """*rtl* as yosys writes it, with the one of *wanted* that is its top; an empty text where that cannot be."""
        yosys = locate_yosys()
        if yosys is None:
            return Copy("", NO_YOSYS)
        job = {"rtl": rtl, "wanted": wanted, "yosys": yosys.yosys}
        limits = self._limits._replace(cpu_seconds=_PROOF_SECONDS, output_kb=64 << 10)
        answer = self._pool.ask(job, limits)
        return Copy(answer.get("text", ""), answer.get("why", answer.get("detail", "")))

    def careless(self, design: Design) -> str:
        """What iverilog and vvp print for *design* when they are run as most scripts do; confined all the same."""
        answer = self._pool.ask({**self._job(design), "careless": True}, self._limits)
        return str(answer["log"])

    @property
    def cache_use(self) -> Use:
        """How often the answer was known."""
        return Use(0, 0) if self._cache is None else self._cache.use

    def _judge(self, design: Design) -> Verdict:
        answer = self._ask(design)
        verdict = self._verdict(answer)
        if verdict.passed and any(not self._fails(design, stub) for stub in answer["stubs"]):
            detail = "the testbench also passes a design that does nothing"
            return verdict.model_copy(update={"outcome": Outcome.NO_EVIDENCE, "detail": detail})
        return verdict

    def close(self) -> None:
        """End the workers; the judge may be used again, with new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _examined(self, version: str, *, direct: bool) -> Tool:
        """The tool's name once it has judged what is known; the direct way must give the driver's answers."""
        answers = [self._ask(case.design) for case in known()]
        for case, answer in zip(known(), answers, strict=True):
            if answer["outcome"] != case.outcome:
                raise ToolError(
                    f"Icarus Verilog {version} judges a known design as {answer['outcome']} ({answer['detail']}) "
                    f"instead of {case.outcome}: reinstall it"
                )
        self._direct = direct
        if direct and [self._ask(case.design) for case in known()] != answers:
            self._direct = False
        layers = ", ".join(self._pool.layers) or "none"
        detail = f"harness {HARNESS_VERSION}; guard {GUARD_VERSION}; sandbox {layers}"
        return Tool(name="icarus", version=version, detail=detail)

    def _ask(self, design: Design) -> dict[str, Any]:
        return self._pool.ask(self._job(design), self._limits)

    def _job(self, design: Design) -> dict[str, Any]:
        return {
            "rtl": design.rtl,
            "testbench": design.testbench,
            "log_chars": self._settings.log_chars,
            "direct": self._direct,
        }

    def _fails(self, design: Design, stub: str) -> bool:
        """Whether the testbench says no to *stub*, or never comes to its end."""
        answer = self._ask(Design(rtl=stub, testbench=design.testbench))
        return answer["outcome"] in {Outcome.MISMATCH, Outcome.TIMEOUT}

    def _verdict(self, answer: dict[str, Any]) -> Verdict:
        facts = {name: answer[name] for name in ("detail", "checks", "errors", "warnings", "log")}
        return Verdict(outcome=Outcome(answer["outcome"]), tool=self.tool, **facts)


class _Pool:
    """Workers at rest; as many come to be as threads ask at once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self.layers: tuple[str, ...] = ()

    def ask(self, job: dict[str, Any], limits: Limits) -> dict[str, Any]:
        with self._lock:
            self._idle = [worker for worker in self._idle if worker.ours]
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker(self._sandbox)
        self.layers = worker.layers
        try:
            answer = worker.ask(job, limits)
        except BaseException:
            # Its pipe may hold half an answer: what it says next would be taken for another design's.
            worker.close()
            raise
        if worker.alive:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()
        return answer

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
