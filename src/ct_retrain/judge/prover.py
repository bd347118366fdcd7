"""yosys and abc, asked in the judge's workers: are two designs alike, and what does synthesis make of one?"""

from ct_retrain.core.settings import JudgeSettings
from ct_retrain.judge.equivalence import Alike, Question, locate_yosys
from ct_retrain.judge.pool import Pool
from ct_retrain.judge.process import Limits
from ct_retrain.judge.synthesis import Copy

NO_YOSYS = "yosys or yosys-abc is not installed"


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
        """What yosys and abc say."""
        if self.yosys is None:
            return Alike(answer=None, why=NO_YOSYS)
        answer = self._pool.ask({**asked._asdict(), "yosys": self.yosys}, self._limits)
        if "answer" not in answer:
            return Alike(answer=None, why=str(answer["detail"]))
        return Alike(answer["answer"], answer["why"], answer["depth"], tuple(answer["steps"]))

    def resynthesised(self, rtl: str, wanted: tuple[str, ...]) -> Copy:
        """*rtl* as yosys writes it, with the one of *wanted* that is its top; an empty text where that cannot be."""
        if self.yosys is None:
            return Copy("", NO_YOSYS)
        answer = self._pool.ask({"rtl": rtl, "wanted": wanted, "yosys": self.yosys.yosys}, self._limits)
        return Copy(answer.get("text", ""), answer.get("why", answer.get("detail", "")))
