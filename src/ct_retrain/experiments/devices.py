"""Runs the trials of a turn side by side, one process a device, each of which sees that device alone.

The processes are forked before anything is opened, and each keeps its judge and its models for the whole experiment.
They ask this process before every part (a training, a benchmark), which holds the workspace's lock while anybody is in
one: a night that stands in line lets nobody else in, and starts when the last part under way has ended.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CtRetrainError, ToolError, UsageError, portable
from ct_retrain.experiments.trial import ExperimentSetup, Trial, held, run_trial

_ENTER, _LEAVE = "enter", "leave"
"""What a worker says before and after a part; the former is sent back as soon as it may begin."""
_GRACE = 30.0
"""Seconds in which a worker that is to end ends what it is at."""


class TrialOutcome(NamedTuple):
    """How a trial of an arm ended."""

    arm: str
    trial: Trial | ToolError


def require_devices(arms: Mapping[str, Settings], usual: Settings, devices: Sequence[str]) -> None:
    """Raise UsageError if two of *devices* share one, or an arm needs more than each of them has, or a server of its own."""
    single = [one.strip() for device in devices for one in device.split(",")]
    twice = sorted({one for one in single if single.count(one) > 1})
    if twice:
        raise UsageError(
            f"--device {twice[0]} is named twice: two trainings on one device would share its memory"
        )
    for arm, settings in arms.items():
        narrow = next((one for one in devices if len(one.split(",")) < settings.train.devices), None)
        if narrow is not None:
            raise UsageError(
                f"arm {arm} trains on {settings.train.devices} devices together, and --device {narrow} has fewer: "
                f"name as many in each, as in --device {','.join(map(str, range(settings.train.devices)))}"
            )
    if usual.endpoint.command:
        raise UsageError(
            "endpoint.command starts one server at one address, and each device would start its own: start it before, "
            "and leave endpoint.command empty, or name no --device"
        )


class DeviceWorkers:
    """The processes of an experiment, one a device; closing it ends them."""

    def __init__(self, setup: ExperimentSetup, devices: Sequence[str]) -> None:
        """Start a process for each of *devices*, which are values of CUDA_VISIBLE_DEVICES."""
        self._setup = setup
        self._lock = ExitStack()
        self._workers = [_started(setup, one) for one in devices]
        self._asking: list[_Worker] = []
        self._inside: list[_Worker] = []

    def close(self) -> None:
        """End the processes; what they were at is continued by the next run."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_GRACE)
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._lock.close()

    def turn(self, arms: Sequence[str], number: int) -> Iterator[TrialOutcome]:
        """Run training *number* of all *arms*, and yield how each ended, in their order.

        Raise ToolError if a process ends, and what a trial raises if that is no ToolError.
        """
        waiting, done = list(arms), dict[str, TrialOutcome]()
        idle, busy = list(self._workers), list[_Worker]()
        while waiting or busy:
            while waiting and idle:
                busy.append(idle.pop(0))
                busy[-1].tell((waiting.pop(0), number))
            self._admit()
            ready = wait([one.connection for one in busy])
            for worker in [one for one in busy if one.connection in ready]:
                outcome = self._heard(worker)
                if outcome is not None:
                    busy.remove(worker)
                    idle.append(worker)
                    done[outcome.arm] = outcome
        yield from (done[arm] for arm in arms)

    def _heard(self, worker: "_Worker") -> TrialOutcome | None:
        """Note what *worker* says, and return the outcome of its trial if it is that."""
        said = worker.hear()
        if said == _ENTER:
            self._asking.append(worker)
        elif said == _LEAVE:
            self._inside.remove(worker)
        elif isinstance(said, TrialOutcome):
            return said
        else:
            raise said
        return None

    def _admit(self) -> None:
        """Let in who asks, unless a night stands in line; hold the workspace's lock while anybody is inside."""
        if self._inside and (not self._asking or disk.awaited(self._setup.workspace.lock)):
            return
        if not self._inside:
            self._lock.close()
            if self._asking:
                self._lock.enter_context(held(self._setup))
        for worker in self._asking:
            worker.tell(_ENTER)
        self._inside += self._asking
        self._asking.clear()


class _Worker(NamedTuple):
    device: str
    process: BaseProcess
    connection: Connection

    def tell(self, what: object) -> None:
        """Send *what*; raise ToolError if the process has ended."""
        with self._alive():
            self.connection.send(what)

    def hear(self) -> Any:
        """Return what the process says next; raise ToolError if it has ended."""
        with self._alive():
            return self.connection.recv()

    @contextmanager
    def _alive(self) -> Generator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            self.process.join(_GRACE)
            raise ToolError(
                f"the process on device {self.device} ended with exit code {self.process.exitcode}, maybe because memory "
                "ran out: run the experiment again, it goes on where it was"
            ) from error


def _started(setup: ExperimentSetup, device: str) -> _Worker:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(setup, device, theirs), name=f"device {device}")
    process.start()
    theirs.close()
    return _Worker(device, process, ours)


def _work(setup: ExperimentSetup, device: str, connection: Connection) -> None:
    """Run the trials that are asked for, on *device* alone, until the process that asks ends this one, or itself."""
    os.environ |= {"CUDA_VISIBLE_DEVICES": device, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    # An interrupted experiment ends its workers itself; a handler, because an ignored signal is inherited.
    signal.signal(signal.SIGINT, _on_signal)
    signal.signal(signal.SIGTERM, _on_signal)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    structlog.contextvars.bind_contextvars(device=device)
    setup = setup._replace(entrance=partial(_admitted, connection))
    with ExitStack() as opened:
        for ports in setup.ports.values():
            opened.enter_context(closing(ports.generators))
        while True:
            arm, number = connection.recv()
            connection.send(_outcome(setup, arm, number))


def _on_signal(number: int, _frame: FrameType | None) -> None:
    """End this process on SIGTERM."""
    if number == signal.SIGTERM:
        sys.exit()


def _outcome(setup: ExperimentSetup, arm: str, number: int) -> TrialOutcome | CtRetrainError:
    """Return how the trial ended, or an error that is not the trial's."""
    try:
        return TrialOutcome(arm, run_trial(setup, arm, number))
    except CtRetrainError as error:
        ended = portable(error)
        return TrialOutcome(arm, ended) if isinstance(ended, ToolError) else ended


@contextmanager
def _admitted(connection: Connection) -> Generator[None]:
    connection.send(_ENTER)
    connection.recv()
    try:
        yield
    finally:
        connection.send(_LEAVE)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone; what it started ends with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)
