"""Limits are kept, named, and never mistaken for each other."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.process import (
    Finished,
    Limit,
    Limits,
    run_limited,
)

QUICK = Limits(cpu_seconds=1, memory_mb=512, output_kb=16)


@pytest.fixture(autouse=True)
def _as_in_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where programs are started, our own processor time does not count."""
    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGXCPU, before)


def python(code: str, limits: Limits = QUICK) -> Finished:
    return run_limited([sys.executable, "-I", "-c", code], limits)


def test_output_and_exit_code_come_back() -> None:
    ended = python("import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); sys.exit(3)")

    assert (ended.exit_code, ended.output, ended.limit) == (3, "out\nerr\n", None)


def test_processor_time_is_limited() -> None:
    assert python("while True: pass").limit is Limit.CPU


def test_memory_is_limited() -> None:
    assert python("x = b'x' * (1 << 30)").exit_code != 0


def test_output_is_limited() -> None:
    ended = python(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nwhile True: print('x' * 1000)"
    )

    assert ended.limit is Limit.OUTPUT
    assert len(ended.output) <= 16 << 10


def test_files_are_limited() -> None:
    ended = python(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('f', 'w').write('x' * 99999)"
    )

    assert ended.limit is Limit.OUTPUT
    assert Path("f").stat().st_size <= 16 << 10


def test_the_environment_and_the_input_are_empty() -> None:
    ended = python("import os, sys; print(sorted(os.environ), repr(sys.stdin.read()))")

    assert ended.output == "['HOME', 'LC_ALL', 'PATH', 'TMPDIR'] ''\n"


def test_our_own_limits_are_back_afterwards() -> None:
    import resource

    before = [resource.getrlimit(limit) for limit in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)]
    python("pass")

    assert [resource.getrlimit(limit) for limit in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)] == before


def test_a_program_killed_from_outside_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="out of memory"):
        python("import os; os.kill(os.getpid(), 9)")


def test_a_missing_program_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="cannot start"):
        run_limited(["/no/such/program"], QUICK)


_TICKS_AHEAD = """
import resource, signal, sys, time
from ct_retrain.judge.confined.sandbox.process import CpuBudget

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
signal.signal(signal.SIGPROF, signal.SIG_IGN)
FAR = 1e6
signal.setitimer(signal.ITIMER_PROF, FAR)

def in_ticks():
    return FAR - signal.getitimer(signal.ITIMER_PROF)[0]

def exactly():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

def next_tick():
    before = in_ticks()
    while in_ticks() == before:
        pass
    return time.monotonic(), in_ticks() - before

# Work for a moment around each tick: the kernel charges all of it to us.
until = time.monotonic() + 20
while in_ticks() < 2.2 and time.monotonic() < until:
    base, tick = next_tick()
    for _ in range(20):
        at = base + (int((time.monotonic() - base) / tick) + 2) * tick
        time.sleep(max(0, at - 0.0003 - time.monotonic()))
        while time.monotonic() < at + 0.0001:
            pass
if in_ticks() < 2.2 or exactly() >= 1:
    sys.exit("no ticks ahead")
with CpuBudget(1):
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own way of counting")
@pytest.mark.slow
def test_what_a_worker_was_charged_before_does_not_count_against_a_text() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TICKS_AHEAD], capture_output=True, text=True, timeout=60, check=False
    )

    if "no ticks ahead" in done.stderr:
        pytest.skip("this kernel counts processor time exactly")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_budget_ends_who_does_not_end() -> None:
    code = "from ct_retrain.judge.confined.sandbox.process import CpuBudget\nwith CpuBudget(1):\n    while True: pass"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)

    assert done.returncode == -signal.SIGPROF


def test_a_budget_is_over_with_its_block() -> None:
    code = (
        "import time\nfrom ct_retrain.judge.confined.sandbox.process import CpuBudget\nwith CpuBudget(1): pass\n"
        "until = time.process_time() + 1.3\nwhile time.process_time() < until: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)

    assert done.returncode == 0
