"""A forked program does what a started one does, under the same limits, and keeps nothing for the next job."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.judge.benches import EMPTY, GOLDEN, HOUSE

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.attacks.suite import attacks
from ct_retrain.judge.attacks.testbenches import benches
from ct_retrain.judge.confined.sandbox import fork_server
from ct_retrain.judge.confined.sandbox.fork_server import ForkedPrograms, ForkServer, ForkServers, compiled
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.sandbox.workers import Sandbox, Worker

if sys.platform != "linux" or shutil.which("cc") is None:
    pytest.skip("needs Linux and a C compiler", allow_module_level=True)

LIMITS = Limits(cpu_seconds=2, memory_mb=256, output_kb=16)
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@pytest.fixture(scope="module")
def library() -> str:
    return compiled()


@pytest.fixture
def shell(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    monkeypatch.chdir(tmp_path)
    server = ForkServer(library, "/bin/sh", [], ENVIRONMENT)
    yield server
    server.close()


def said(server: ForkServer, command: str, text: bytes = b"", limits: Limits = LIMITS) -> tuple[int, str]:
    ended = server.run(["sh", "-c", command], "output", text, limits, None)
    return os.waitstatus_to_exitcode(ended.status), Path("output").read_text()


def test_the_server_compiles_without_a_warning(tmp_path: Path) -> None:
    source = Path(fork_server.__file__).with_name("fork_server.c")
    argv = [
        "cc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O2",
        "-shared",
        "-fPIC",
        "-o",
        str(tmp_path / "a.so"),
        str(source),
    ]

    assert subprocess.run(argv, capture_output=True, text=True, check=False).stderr == ""


def test_a_job_has_its_words_its_input_and_its_exit_code(shell: ForkServer) -> None:
    assert said(shell, "cat; echo to stderr >&2; exit 3", b"read\n") == (3, "read\nto stderr\n")


def test_input_that_nobody_reads_does_not_reach_the_next_job(shell: ForkServer) -> None:
    assert said(shell, "exec 0<&-; sleep 0.1; echo first", b"x" * 3_000_000) == (0, "first\n")
    assert said(shell, "cat; echo second") == (0, "second\n")


def test_input_of_any_size_arrives_whole(shell: ForkServer) -> None:
    assert said(shell, "wc -c", b"x" * 3_000_000) == (0, "3000000\n")


def test_nothing_of_one_job_is_left_for_the_next(shell: ForkServer) -> None:
    said(shell, "LEFT=here; export LEFT; cd /; umask 0; ulimit -n 5; exec 7>/dev/null; trap '' TERM")

    there = said(shell, "echo $LEFT; pwd; ulimit -n; trap; ls /proc/self/fd")[1].split()

    assert there[0] == str(Path.cwd())
    assert there[1] != "5"
    # The last is the directory that `ls` reads; a worker hands on no others.
    assert sorted(int(word) for word in there[2:] if int(word) < 64) == [0, 1, 2, 3]


def test_a_job_knows_nothing_of_the_server(shell: ForkServer) -> None:
    # The shell adds PWD and its like by itself.
    names = {line.partition("=")[0] for line in said(shell, "env")[1].splitlines()}

    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == set(ENVIRONMENT)


def test_limits_are_those_of_the_job_soft_and_hard(shell: ForkServer) -> None:
    ask = "ulimit -Sv; ulimit -Hv; ulimit -Sf; ulimit -Hf; ulimit -St; ulimit -Ht"

    assert said(shell, ask)[1].split() == [str(256 << 10)] * 2 + ["32"] * 2 + ["2", "3"]
    assert said(shell, "ulimit -v", limits=LIMITS._replace(memory_mb=512))[1].split() == [str(512 << 10)]


def test_processor_time_and_output_are_limited(shell: ForkServer) -> None:
    quick = LIMITS._replace(cpu_seconds=1)

    assert said(shell, "while :; do :; done", limits=quick)[0] == -signal.SIGXCPU
    assert said(shell, "while :; do echo much too much; done", limits=quick)[0] in {-signal.SIGXFSZ, 153}
    assert Path("output").stat().st_size <= 16 << 10


def test_the_time_of_many_jobs_limits_none(shell: ForkServer) -> None:
    burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"

    assert [said(shell, burn, limits=LIMITS._replace(cpu_seconds=2))[0] for _ in range(6)] == [0] * 6


def test_a_server_that_is_killed_is_a_tool_error(shell: ForkServer) -> None:
    for server in _children(os.getpid()):
        if Path(f"/proc/{server}/exe").resolve() == Path("/bin/sh").resolve():
            os.kill(server, signal.SIGKILL)

    with pytest.raises(ToolError, match="the fork server of sh ended"):
        said(shell, "echo never")


def test_who_hangs_up_ends_the_job_and_its_server(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = ForkServer(library, "/bin/sh", [], ENVIRONMENT)
    ours, theirs = os.pipe()
    threading.Timer(0.3, os.close, [theirs]).start()

    with pytest.raises(ToolError, match="the fork server of sh ended"):
        server.run(["sh", "-c", "echo $$ > pid; exec sleep 60"], "output", b"", LIMITS, ours)

    server.close()
    os.close(ours)
    job = int(Path("pid").read_text())
    until = time.monotonic() + 10
    while Path(f"/proc/{job}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{job}").exists()


@pytest.mark.parametrize("shim", ["/no/such/library.so", "/etc/hostname"], ids=["missing", "no library"])
def test_a_program_that_cannot_be_forked_is_started(
    shim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    servers = ForkServers()
    found = locate()
    servers.enable(ForkedPrograms(shim, found.programs))

    assert servers.of(found.vvp, ENVIRONMENT, "output") is None
    assert servers.of("/bin/true", ENVIRONMENT, "output") is None


def test_without_a_compiler_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert compiled() == ""


def test_a_worker_judges_on_when_its_servers_are_killed(library: str) -> None:
    worker = Worker(Sandbox(locate(), "best-effort", warm=ForkedPrograms(library, locate().programs)))
    asked = {"rtl": GOLDEN, "testbench": HOUSE, "log_chars": 1000, "direct": True}
    try:
        assert worker.ask(asked, Limits())["outcome"] == "pass"
        for child in _children(worker.pid):
            os.kill(child, signal.SIGKILL)
        for program in ("ivl", "vvp"):
            with pytest.raises(ToolError, match=f"the fork server of \\S*{program} ended"):
                worker.ask(asked, Limits())
        assert worker.ask(asked, Limits())["outcome"] == "pass"
        assert worker.ask({**asked, "rtl": EMPTY}, Limits())["outcome"] == "mismatch"
    finally:
        worker.close()


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_servers_end_with_their_worker(library: str) -> None:
    worker = Worker(Sandbox(locate(), "best-effort", warm=ForkedPrograms(library, locate().programs)))
    worker.ask({"rtl": GOLDEN, "testbench": HOUSE, "log_chars": 1000, "direct": True}, Limits())
    servers = _children(worker.pid)

    os.kill(worker.pid, signal.SIGKILL)

    until = time.monotonic() + 10
    while any(_lives(server) for server in servers) and time.monotonic() < until:
        time.sleep(0.01)
    assert servers
    assert not any(_lives(server) for server in servers)
    worker.close()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def records(designs: list[Design]) -> list[str]:
    """Verdicts as they are kept; which limit a design runs into first may differ from run to run."""
    with Judge(JudgeSettings(simulator="icarus", cpu_seconds=1)) as judge:
        verdicts = list(check_all(judge, designs))
    return ["a limit" if one.outcome in LIMITED else one.model_dump_json() for one in verdicts]


LIMITED = {Outcome.TIMEOUT, Outcome.RESOURCE_LIMIT}


def same_both_ways(designs: list[Design], monkeypatch: pytest.MonkeyPatch) -> None:
    forked = records(designs)
    monkeypatch.setattr("ct_retrain.judge.judge.compiled", lambda: "")
    started = records(designs)

    assert [pair for pair in zip(forked, started, strict=True) if pair[0] != pair[1]] == []


def test_some_attacks_get_the_same_records_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    same_both_ways(_attacked()[::150], monkeypatch)


@pytest.mark.exhaustive
def test_all_attacks_get_the_same_records_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    same_both_ways(_attacked(), monkeypatch)


def _attacked() -> list[Design]:
    return [
        Design(rtl=attack.rtl, testbench=bench)
        for attack in attacks()
        for bench in benches(attack.task).values()
        if attack.aim != "hang"
    ]
