"""An external trainer: `<command> PLAN.json OUT`, judged by the files it leaves in OUT.

It must write a PEFT adapter to `OUT/adapter`, and may write `OUT/fit.json` (see `core.records.training.Fit`).
Its output goes to `OUT/trainer.log`. It runs as `_child_programs` says: without our secrets, and killed if
this process ends.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from ct_retrain import disk
from ct_retrain.adapters import _child_programs
from ct_retrain.core.errors import CorruptStateError, ToolError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.core.rules.recipe import concrete

_NEEDED = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True)
class CommandTrainer:
    """Runs *command*, split as a shell would, without a shell."""

    command: str

    @property
    def tool(self) -> Tool:
        """The command, and a digest of every file that it names."""
        files = [Path(word) for word in self._command.words() if Path(word).is_file()]
        return Tool(
            name="trainer-command", version=digest(*map(disk.sha256_of, files))[:16], detail=self.command
        )

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Run the command; an older adapter in *out* is removed first, its own checkpoints stay."""
        disk.make_directory(out)
        plan = _numbered(plan)
        plan_file = out / "plan.json"
        disk.write_record(plan_file, plan)
        (out / "fit.json").unlink(missing_ok=True)
        disk.remove_tree(out / "adapter")
        log, began = out / _child_programs.TRAINER_LOG, time.monotonic()
        code = _child_programs.run_command(self._command, [str(plan_file), str(out)], log)
        seconds = time.monotonic() - began
        if code != 0:
            raise ToolError(
                f"the trainer `{self.command}` ended with {_child_programs.ending(code)}; {_child_programs.last_lines(log)}"
            )
        missing = [name for name in _NEEDED if not (out / "adapter" / name).is_file()]
        if missing:
            raise ToolError(
                f"the trainer `{self.command}` left no {' and no '.join(missing)} in {out / 'adapter'}: save the "
                f"adapter there with PEFT's save_pretrained; {_child_programs.last_lines(log)}"
            )
        return self._fit(plan, out, seconds)

    @property
    def _command(self) -> _child_programs.Command:
        return _child_programs.Command(self.command, "train.command")

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


def _numbered(plan: TrainPlan) -> TrainPlan:
    """Return *plan* with its schedule's numbers filled in, for trainers that know only epochs and batches."""
    if plan.schedule is None:
        return plan
    return plan.model_copy(update={"hyperparameters": concrete(plan.hyperparameters, plan.schedule)})
