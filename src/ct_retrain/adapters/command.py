"""A team's own trainer: `<command> PLAN.json OUT`, judged by what it leaves in OUT.

It must leave a PEFT adapter in `OUT/adapter` and may leave a `OUT/fit.json` (see `core.training.Fit`); what it
says goes to `OUT/trainer.log`. It runs as `_child` says: with our environment but for our secrets, and ended with us.
"""

import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from ct_retrain import disk
from ct_retrain.adapters import _child
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.training import Fit, TrainPlan

LOG = "trainer.log"
_NEEDED = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True)
class CommandTrainer:
    """Run *command*, split as a shell would, without a shell."""

    command: str

    @property
    def tool(self) -> Tool:
        """The command, and the bytes of every file it names."""
        files = [Path(word) for word in self._words() if Path(word).is_file()]
        return Tool(
            name="trainer-command", version=digest(*map(disk.sha256_of, files))[:16], detail=self.command
        )

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Let the command train; an older adapter in *out* is removed first, its own checkpoints stay."""
        disk.make_directory(out)
        plan_file = out / "plan.json"
        disk.write_record(plan_file, plan)
        (out / "fit.json").unlink(missing_ok=True)
        disk.remove_tree(out / "adapter")
        (out / LOG).unlink(missing_ok=True)
        began = time.monotonic()
        code = _child.run([*self._program(), str(plan_file), str(out)], out / LOG)
        seconds = time.monotonic() - began
        if code != 0:
            raise ToolError(
                f"the trainer `{self.command}` ended with {_child.end(code)}; {_child.tail(out / LOG)}"
            )
        missing = [name for name in _NEEDED if not (out / "adapter" / name).is_file()]
        if missing:
            raise ToolError(
                f"the trainer `{self.command}` left no {' and no '.join(missing)} in {out / 'adapter'}: save the "
                f"adapter there with PEFT's save_pretrained; {_child.tail(out / LOG)}"
            )
        return self._fit(plan, out, seconds)

    def _program(self) -> list[str]:
        words = self._words()
        if shutil.which(words[0]) is None:
            raise UsageError(f"train.command: cannot start {words[0]!r}: there is no such program")
        return words

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise UsageError(f"train.command {self.command!r} cannot be read: {error}") from error
        if not words:
            raise UsageError(
                "train.command holds no program: name one, or leave it empty for the built-in trainer"
            )
        return words

    def _fit(self, plan: TrainPlan, out: Path, seconds: float) -> Fit:
        path = out / "fit.json"
        if path.is_file():
            try:
                return disk.read_record(path, Fit)
            except CorruptStateError as error:
                raise ToolError(
                    f"the trainer `{self.command}` left a {path} that is no Fit ({error}): correct it, or write none"
                ) from error
        knobs = plan.hyperparameters
        fit = Fit(
            steps=knobs.max_steps, epochs=knobs.epochs, examples=plan.rows, skipped=0, tokens=0, seconds=seconds,
            peak_memory=0, device="unknown", losses=(), versions={},
        )  # fmt: skip
        disk.write_record(path, fit)
        return fit
