"""Train in processes of their own, so that all their memory, on a GPU above all, is free afterwards.

PEFT and bitsandbytes leave gigabytes allocated after training, and the benchmark loads the base again. What
the child logs and raises is logged and raised here; a child that dies is a ToolError. If memory runs out and
the plan leaves gradient checkpointing open, a second child continues with it from the last checkpoint.
"""

import logging
import signal
import sys
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.adapters import (
    _child_events,
    _child_programs,
    _child_training,
    _memory,
)
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Fit, TrainPlan


class _End(NamedTuple):
    """How a child ended."""

    code: int
    failure: _child_events.ChildFailure | None

    @property
    def exhausted(self) -> bool:
        """Whether memory ran out: the child said so, or it was killed, as by the kernel's out-of-memory
        killer.
        """
        return self.failure.exhausted if self.failure else self.code == -signal.SIGKILL


def fit(plan: TrainPlan, out: Path, *, download: bool, devices: int = 1) -> Fit:
    """Train *plan* on *devices* in *out*, which is claimed for it, and return the resulting `out/fit.json`.

    What the child and its libraries print is kept in `out/trainer.log`, if it is anything.
    """
    options = ["--download"] if download else []
    options += [f"--devices={devices}"] if devices > 1 else []
    log = out / _child_programs.TRAINER_LOG
    log.unlink(missing_ok=True)
    end = _run(out, options)
    if end.exhausted and plan.hyperparameters.gradient_checkpointing == "auto":
        logging.getLogger(__name__).warning(
            "training ran out of memory: going on with gradient checkpointing"
        )
        end = _run(out, [*options, "--spare-memory"])
    if end.failure is not None:
        raise end.failure.raised()
    if end.code:
        hint = f", maybe because memory ran out: {_memory.REMEDY}" if end.exhausted else ""
        raise ToolError(
            f"training ended with {_child_programs.ending(end.code)}{hint}; {_child_programs.last_lines(log)}"
        )
    if not log.stat().st_size:
        log.unlink()
    return disk.read_record(out / "fit.json", Fit)


def _run(out: Path, options: list[str]) -> _End:
    # -P: a module in the working directory must not shadow a library.
    program = [sys.executable, "-P", "-m", _child_training.__name__, str(out.resolve()), *options]
    listener = _child_events.Listener()
    code = _child_programs.run_own(program, out / _child_programs.TRAINER_LOG, listener.hear)
    return _End(code, listener.failure)
