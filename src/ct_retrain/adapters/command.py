"""A team's own trainer: `<command> PLAN.json OUT`, judged by what it leaves in OUT.

It must leave a PEFT adapter in `OUT/adapter` and may leave a `OUT/fit.json` (see `core.training.Fit`); what it
says goes to `OUT/trainer.log`. It inherits the environment, but for our secrets. Whatever ends us while it runs, a
SIGKILL included, ends its whole process group, too: else a night that is run again would train beside the trainer of
the one that died.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ct_retrain import disk
from ct_retrain.adapters import _leash
from ct_retrain.core import configuration
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.recipe import concrete
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.training import Fit, TrainPlan

_GRACE = 10.0
"""Seconds between asking the trainer to end and making it."""
_LAST_LINES = 15
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
        plan = _numbered(plan)
        plan_file = out / "plan.json"
        disk.write_record(plan_file, plan)
        (out / "fit.json").unlink(missing_ok=True)
        disk.remove_tree(out / "adapter")
        began = time.monotonic()
        code = _run([*self._words(), str(plan_file), str(out)], out / "trainer.log")
        seconds = time.monotonic() - began
        if code != 0:
            end = f"exit code {code}" if code > 0 else f"signal {-code}"
            raise ToolError(f"the trainer `{self.command}` ended with {end}; {_tail(out / 'trainer.log')}")
        missing = [name for name in _NEEDED if not (out / "adapter" / name).is_file()]
        if missing:
            raise ToolError(
                f"the trainer `{self.command}` left no {' and no '.join(missing)} in {out / 'adapter'}: save the "
                f"adapter there with PEFT's save_pretrained; {_tail(out / 'trainer.log')}"
            )
        return self._fit(plan, out, seconds)

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


def _numbered(plan: TrainPlan) -> TrainPlan:
    """*plan* with the numbers that its schedule derived, for a trainer that knows epochs and batches alone."""
    if plan.schedule is None:
        return plan
    return plan.model_copy(update={"hyperparameters": concrete(plan.hyperparameters, plan.schedule)})


def _run(argv: list[str], log: Path) -> int:
    """Run *argv* in a process group of its own, everything it says into *log*; return its exit code."""
    if shutil.which(argv[0]) is None:
        raise UsageError(f"train.command: cannot start {argv[0]!r}: there is no such program")
    leashed = [sys.executable, "-I", "-S", _leash.__file__, *argv]
    with log.open("wb") as file:
        process = subprocess.Popen(
            leashed,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=configuration.public_environment(),
            start_new_session=True,
        )
        with _ended(process):
            return process.wait()


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Generator[None]:
    """Leave nothing of the group of *process* alive, whatever happens in between."""
    try:
        yield
    except BaseException:
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        raise
    finally:
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return f"the last lines of {log}:\n" + "\n".join(lines) if lines else f"{log} is empty"
