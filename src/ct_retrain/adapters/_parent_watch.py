"""Run a command that ends with its starter: `python _parent_watch.py COMMAND…`, with a pipe from it as
standard input.

However the starter dies, its end of the pipe closes, and the whole process group is killed. Not covered: a
process that leaves the group.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn


def main() -> NoReturn:
    """Run the command in `sys.argv` until it or the starter ends, and exit as it did."""
    # A handler, because an ignored signal is inherited: the command gets its SIGTERM, and we wait for it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, daemon=True).start()
    _end(process.wait())


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _end(code: int) -> NoReturn:
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
