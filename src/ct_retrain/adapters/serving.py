"""The server that `endpoint.command` starts: up before the first question, gone with everything it started by `close`.

It is started when an arm is opened, and again when it has died since. Its output is kept in a log; the one before is
kept beside it. Whatever ends this process ends the server, too (see `_leashed`).
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
"""Seconds between two looks at a server that starts."""


class Server:
    """One process at most."""

    def __init__(self, command: _child_programs.Command, log: Callable[[], Path], patience: float) -> None:
        """Start *command* when asked to, with its output in *log*, and give it *patience* seconds to answer."""
        self._command, self._place, self._patience = command, log, patience
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path()

    def ensure(self, answers: Callable[[], bool]) -> bool:
        """Start the server unless it runs, and wait until it *answers*; return whether it was started now.

        Raise ToolError when it does not answer, or when something else answers where it should.
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
        self._process = _child_programs.start(self._command, [], self._log)
        began = time.monotonic()
        try:
            self._wait(self._process, answers, began + self._patience)
        except BaseException:
            self.close()
            raise
        _LOG.info("server is up", seconds=round(time.monotonic() - began, 1))
        return True

    def died(self) -> str:
        """In words, how a server that was started has ended by itself; empty while it runs and when there is none."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return ""
        return f"the server of endpoint.command ended with {_child_programs.ending(code)}; {_child_programs.last_lines(self._log)}"

    def close(self) -> None:
        """End the server and everything it started, if it was started; its log stays."""
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
    """*log*, with its directory made, and what was there moved to `.1`."""
    disk.make_directory(log.parent)
    if log.exists():
        disk.replace_file(log, log.with_name(f"{log.name}.1"))
    return log
