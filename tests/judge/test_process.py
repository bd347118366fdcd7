"""Limits are kept, named, and never mistaken for each other."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.process import (
    Finished,
    Limit,
    Limits,
    run,
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
    return run([sys.executable, "-I", "-c", code], limits)


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
        run(["/no/such/program"], QUICK)
