"""Run a command that ends with whoever started it: `python _leash.py COMMAND…`, standard input a pipe from there.

However the starter dies, its end of the pipe closes, and then the whole process group goes. What leaves the group by
itself is not covered.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn


def main() -> NoReturn:
    """Run the command of `sys.argv` to its end, or to ours, and end as it did."""
    # A handler, where ignoring would be inherited: the command gets its SIGTERM, and we wait for it.
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
