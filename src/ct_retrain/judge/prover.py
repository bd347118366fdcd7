"""yosys and what decides beside it, asked in the judge's workers: are designs alike, do properties hold?"""

from typing import Any, cast

from ct_retrain.core.settings import JudgeSettings
from ct_retrain.judge.checking import Checked, Inquiry
from ct_retrain.judge.engines import locate_yosys
from ct_retrain.judge.equivalence import Alike, Question
from ct_retrain.judge.pool import Pool
from ct_retrain.judge.process import Limits
from ct_retrain.judge.synthesis import AS_IT_IS, Copy, Reading

NO_YOSYS = "no engine: yosys, and yosys-abc, bitwuzla or z3 beside it, are not installed"


class Prover:
    """Answers what can be proved, and says so where nothing can; safe to share between threads."""

    def __init__(self, settings: JudgeSettings, pool: Pool) -> None:
        """Find the programs; without them every answer is that there is none."""
        self._pool = pool
        self._limits = Limits(settings.proof_seconds, settings.memory_mb, 64 << 10)
        self.yosys = locate_yosys()

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None where nobody can prove it, or yosys is missing."""
        return self.compared(Question(golden, other, top, bounded=False)).answer

    def compared(self, asked: Question) -> Alike:
        """What the engines say."""
        if self.yosys is None:
            return Alike(answer=None, why=NO_YOSYS)
        answer = self._pool.ask({**asked._asdict(), "yosys": self.yosys}, self._limits)
        if "answer" not in answer:
            return Alike(answer=None, why=str(answer["detail"]))
        return Alike(*(_frozen(answer[name]) for name in Alike._fields))

    def checked(self, asked: Inquiry) -> Checked:
        """Whether properties hold, as far as the engines can tell."""
        if self.yosys is None:
            return Checked(answer=None, why=NO_YOSYS)
        answer = self._pool.ask({**asked._asdict(), "yosys": self.yosys}, self._limits)
        if "answer" not in answer:
            return Checked(answer=None, why=str(answer["detail"]))
        return Checked(*(_frozen(answer[name]) for name in Checked._fields))

    def resynthesised(self, rtl: str, wanted: tuple[str, ...], reading: Reading = AS_IT_IS) -> Copy:
        """*rtl* as yosys writes it, with the one of *wanted* that is its top; an empty text where that cannot be."""
        if self.yosys is None:
            return Copy("", NO_YOSYS)
        asked = {"rtl": rtl, "wanted": wanted, "yosys": self.yosys.yosys, "reading": reading}
        answer = self._pool.ask(asked, self._limits)
        return Copy(answer.get("text", ""), answer.get("why", answer.get("detail", "")))


def _frozen(value: Any) -> Any:
    """What JSON made a list was a tuple."""
    return tuple(_frozen(item) for item in cast("list[object]", value)) if isinstance(value, list) else value
