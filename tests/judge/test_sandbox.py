"""A worker is closed in, dies with what it started, and its death is never a lie about a design."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.judge.benches import EMPTY, GOLDEN, HOUSE

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.sandbox.workers import Sandbox, Worker

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

LIMITS = Limits(cpu_seconds=5, memory_mb=256, output_kb=64)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers")


def sandbox(**how: Any) -> Sandbox:
    return Sandbox(locate(), "best-effort")._replace(**how)


def ask(worker: Worker, rtl: str = GOLDEN, testbench: str = HOUSE) -> dict[str, object]:
    return worker.ask({"rtl": rtl, "testbench": testbench, "log_chars": 1000, "direct": True}, LIMITS)


@pytest.mark.parametrize(
    "how",
    [{"mode": "off"}, {"namespaces": False}, {"namespaces": True}, {"bubblewrap": True}],
    ids=["off", "no-namespaces", "namespaces", "bubblewrap"],
)
def test_every_way_to_start_judges_alike(how: dict[str, object]) -> None:
    worker = Worker(sandbox(**how))
    try:
        assert ask(worker)["outcome"] == "pass"
        assert ask(worker, EMPTY)["outcome"] == "mismatch"
    finally:
        worker.close()


def test_a_bug_of_ours_is_named_and_is_no_evidence() -> None:
    worker = Worker(sandbox(mode="off"))
    try:
        answer = worker.ask({"no such question": 1}, LIMITS)
        assert answer["outcome"] == "no_evidence"
        assert "a bug of ct-retrain" in answer["detail"]
        assert "TypeError" in answer["detail"]
        assert not worker.alive
    finally:
        worker.close()


READER = HOUSE.replace(
    "$finish;",
    """begin : reading
      integer file;
      file = $fopen("PATH", "MODE");
      $display("opened=%0d", file != 0);
    end
    $finish;""",
)


@LINUX
@pytest.mark.parametrize(
    "how", [{"namespaces": True}, {"namespaces": False}], ids=["namespaces", "no-namespaces"]
)
@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/etc/passwd", "r"),
        ("/proc/self/environ", "r"),
        ("/tmp/judge-was-here", "w"),
        ("../judge-was-here", "w"),
    ],
)
def test_a_simulation_opens_no_file_outside_its_scratch_directory(
    how: dict[str, object], path: str, mode: str
) -> None:
    worker = Worker(sandbox(**how))
    try:
        if not any(layer.startswith(("landlock", "bubblewrap")) for layer in worker.layers):
            pytest.skip("neither Landlock nor bubblewrap here")
        log = str(ask(worker, testbench=READER.replace("PATH", path).replace("MODE", mode))["log"])
    finally:
        worker.close()

    assert "opened=0" in log
    assert not Path("/tmp/judge-was-here").exists()


def test_nothing_of_one_design_is_left_for_the_next() -> None:
    worker = Worker(sandbox())
    try:
        ask(worker, testbench=READER.replace("PATH", "left").replace("MODE", "w"))
        log = str(ask(worker, testbench=READER.replace("PATH", "left").replace("MODE", "r"))["log"])
    finally:
        worker.close()

    assert "opened=0" in log


LOOP = EMPTY.replace("endmodule", "reg x = 0; always @* x = #1 ~x; initial x = 1;\nendmodule")
ENDLESS = HOUSE.replace("initial begin", "initial while (1) #0 ;\n  initial begin", 1)


def group_of(group: int) -> list[int]:
    """Processes of *group* that are not already dead and waiting to be counted."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,pgid,state"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()[1:]]
    return [int(pid) for pid, other, state in rows if int(other) == group and state != "Z"]


def empties(group: int) -> bool:
    """Whether *group* has no process any more, or will have none in a moment: dying takes the kernel some time."""
    until = time.monotonic() + 20
    while group_of(group) and time.monotonic() < until:
        time.sleep(0.01)
    return not group_of(group)


def test_closing_a_worker_ends_everything_it_started() -> None:
    import threading

    worker = Worker(sandbox())
    failed: list[BaseException] = []

    def work() -> None:
        try:
            ask(worker, testbench=ENDLESS)
        except ToolError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 10
    while len(group_of(worker.pid)) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(worker.pid, signal.SIGKILL)
    thread.join(20)
    worker.close()

    assert len(failed) == 1
    assert empties(worker.pid)


def test_when_we_are_killed_everything_we_started_ends_too(tmp_path: Path) -> None:
    script = tmp_path / "night.py"
    script.write_text(
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from ct_retrain.judge.sandbox.workers import Sandbox, Worker\n"
        "from ct_retrain.judge.confined.simulators.icarus_tools import locate\n"
        "worker = Worker(Sandbox(locate(), 'best-effort'))\n"
        "print(worker.pid, worker.scratch, flush=True)\n"
        f"job = {{'rtl': {GOLDEN!r}, 'testbench': {ENDLESS!r}, 'log_chars': 100, 'direct': True}}\n"
        "from ct_retrain.judge.confined.sandbox.process import Limits\nworker.ask(job, Limits(60, 256, 64))\n"
    )
    night = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert night.stdout is not None
    pid, scratch = night.stdout.readline().split()
    until = time.monotonic() + 20
    while len(group_of(int(pid))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    night.kill()
    night.wait()

    assert empties(int(pid))
    assert [path.name for path in Path(scratch).iterdir() if not path.name.startswith(".")] == []
    shutil.rmtree(scratch)


def test_a_worker_killed_from_outside_is_a_tool_error() -> None:
    worker = Worker(sandbox())
    os.kill(worker.pid, signal.SIGKILL)
    try:
        with pytest.raises(ToolError, match="killed"):
            ask(worker)
    finally:
        worker.close()


def test_a_worker_that_does_not_answer_in_time_is_a_tool_error() -> None:
    worker = Worker(sandbox())
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        with pytest.raises(ToolError, match="did not answer"):
            worker.ask({"rtl": "", "testbench": "", "log_chars": 1, "direct": True}, LIMITS, patience=0.2)
    finally:
        worker.close()


@LINUX
def test_require_refuses_where_the_sandbox_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "toaster")
    monkeypatch.setattr("ct_retrain.judge.sandbox.workers.closed", lambda layers: False)

    with pytest.raises(ToolError, match="best-effort"):
        Worker(sandbox(mode="require"))


def test_scratch_directories_are_gone_with_their_workers() -> None:
    worker = Worker(sandbox())
    scratch = worker.scratch
    assert scratch.is_dir()

    worker.close()

    assert not scratch.exists()
