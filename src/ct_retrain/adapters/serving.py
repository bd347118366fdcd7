"""Run the server of `endpoint.command` from before the first question until `close`, with all its child
processes.

It is started when an arm is opened, and again if it has died since. Its output goes to a log; the previous
log is kept. If this process ends in any way, the server ends, too (see `_child_programs`).
"""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from ct_retrain import disk
from ct_retrain.adapters import _child_programs
from ct_retrain.core.errors import ToolError

_LOG = structlog.get_logger("ct_retrain.adapters")
_APART = 0.2
"""Seconds between two checks of a starting server."""


class Server:
    """At most one server process."""

    def __init__(self, command: _child_programs.Command, log: Callable[[], Path], patience: float) -> None:
        """Start *command* on demand, with its output in *log*, and allow it *patience* seconds to answer."""
        self._command, self._place, self._patience = command, log, patience
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path()

    def ensure(self, answers: Callable[[], bool]) -> bool:
        """Start the server unless it runs, and wait until it *answers*; return whether it was started now.

        Raise ToolError if it does not answer, or if something else already answers there.
        """
        if self._process is not None and self._process.poll() is None:
            return False
        self.close()
        if answers():
            raise ToolError(
                "something answers at endpoint.url already, and endpoint.command is to start a server there: stop the "
                "other one, or leave endpoint.command empty to use it"
            )
        self._log = _made_room(self._place())
        _LOG.info("server starts", log=str(self._log))
        self._process = _child_programs.start_program(self._command, [], self._log)
        began = time.monotonic()
        try:
            self._wait(self._process, answers, began + self._patience)
        except BaseException:
            self.close()
            raise
        _LOG.info("server is up", seconds=round(time.monotonic() - began, 1))
        return True

    def died(self) -> str:
        """Return how a started server has ended by itself, in words; empty while it runs, or if there is
        none.
        """
        code = None if self._process is None else self._process.poll()
        if code is None:
            return ""
        return f"the server of endpoint.command ended with {_child_programs.ending(code)}; {_child_programs.last_lines(self._log)}"

    def close(self) -> None:
        """Stop the server and its child processes, if it was started; its log stays."""
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                _child_programs.ask_to_end(process)
                _LOG.info("server ended")
            _child_programs.end(process)

    def _wait(self, process: "subprocess.Popen[bytes]", answers: Callable[[], bool], deadline: float) -> None:
        while not answers():
            if process.poll() is not None:
                raise ToolError(self.died())
            if time.monotonic() > deadline:
                raise ToolError(
                    f"the server of endpoint.command does not answer at endpoint.url after {self._patience:g} s "
                    f"(endpoint.start_timeout); {_child_programs.last_lines(self._log)}"
                )
            time.sleep(_APART)


def _made_room(log: Path) -> Path:
    """Return *log* after creating its directory and moving an existing log to `.1`."""
    disk.make_directory(log.parent)
    if log.exists():
        disk.replace_file(log, log.with_name(f"{log.name}.1"))
    return log
