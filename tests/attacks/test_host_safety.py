"""Under every attack, in every kind of sandbox: no file is touched, no process stays, and no limit is passed.

Each attack runs twice: as the design, where the guard comes first, and as a part of the testbench, which no guard
reads, so that the sandbox alone must hold.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ct_retrain.judge.attacks.suite import Attack, attacks
from ct_retrain.judge.attacks.testbenches import COUNTER as RIGHT
from ct_retrain.judge.attacks.testbenches import benches
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.sandbox.workers import Sandbox, Worker

if shutil.which("iverilog") is None or sys.platform != "linux":
    pytest.skip("Icarus Verilog or Linux is not here", allow_module_level=True)

TOOL_MB, WORKER_MB = 256, 1024
LIMITS = Limits(cpu_seconds=1, memory_mb=TOOL_MB, output_kb=64)
SECRET = "canary-7f3a91d2"
KINDS: dict[str, dict[str, Any]] = {
    "namespaces": {"namespaces": True},
    "no-namespaces": {"namespaces": False},
    "bubblewrap": {"bubblewrap": True},
}


class Canary(NamedTuple):
    """A file that nothing confined may see or change."""

    path: Path
    place: str

    def state(self) -> tuple[str, int, int, list[str]]:
        """What it holds, when it was read and written, and what lies beside it."""
        seen = self.path.stat()
        beside = sorted(path.name for path in self.path.parent.iterdir())
        return (self.path.read_text(), seen.st_atime_ns, seen.st_mtime_ns, beside)

    def armed(self) -> tuple[str, int, int, list[str]]:
        """Its state, and the next reading will show: the system notes one that comes after a change."""
        content = self.path.read_text()
        os.utime(self.path, ns=(10**18, 10**18 + 1))
        return (content, 10**18, 10**18 + 1, sorted(path.name for path in self.path.parent.iterdir()))


@pytest.fixture(scope="module")
def canaries() -> Iterator[list[Canary]]:
    """In every place an attack tries, open to everybody, so that nothing but the sandbox is in the way."""
    above = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())
    homes = {
        "temporary": Path(tempfile.gettempdir()),
        "above the scratch directory": above,
        "home": Path.home(),
        "working directory": Path.cwd(),
    }
    made: list[Canary] = []
    for place, home in homes.items():
        directory = Path(tempfile.mkdtemp(prefix="ct-canary-", dir=home))
        directory.chmod(0o777)
        path = directory / "ct-attack"
        path.write_text(f"{SECRET}\n")
        path.chmod(0o666)
        made.append(Canary(path, place))
    yield made
    for canary in made:
        shutil.rmtree(canary.path.parent)


class Keeper:
    """A worker that is there, whatever the last attack did to it, and the watch over what it starts."""

    def __init__(self, kind: str) -> None:
        self._sandbox = Sandbox(locate(), "best-effort", memory_mb=WORKER_MB)._replace(**KINDS[kind])
        self.scratches: list[Path] = []
        self.worker = self._started()
        if not any(layer.startswith(("landlock", "bubblewrap")) for layer in self.worker.layers):
            self.worker.close()
            pytest.skip("neither Landlock nor bubblewrap here")

    def _started(self) -> Worker:
        worker = Worker(self._sandbox)
        self.scratches.append(worker.scratch)
        self.resting = set(session(worker.pid))
        return worker

    def ask(self, job: dict[str, object]) -> tuple[dict[str, object], dict[int, tuple[str, int]]]:
        """The answer, and the peak memory in KiB of each process that was seen meanwhile."""
        if not self.worker.alive:
            self.worker.close()
            self.worker = self._started()
        peaks: dict[int, tuple[str, int]] = {}
        done = threading.Event()
        watch = threading.Thread(target=sample, args=(self.worker.pid, peaks, done))
        watch.start()
        try:
            answer = self.worker.ask(job, LIMITS)
        finally:
            done.set()
            watch.join()
        return answer, peaks

    def too_large(self, peaks: dict[int, tuple[str, int]]) -> dict[str, int]:
        """Processes whose peak was above their limit, and the peak in MiB."""
        limits = {pid: WORKER_MB if pid in self.resting else TOOL_MB for pid in peaks}
        return {name: peak >> 10 for pid, (name, peak) in peaks.items() if peak >> 10 > limits[pid]}

    def left_over(self) -> tuple[set[int], set[str]]:
        """Processes and files that the last job has left to the next; none once the worker is gone with it all."""
        if not self.worker.alive:
            self.worker.close()
            return set(session(self.worker.pid)), {path.name for path in self.scratches if path.exists()}
        files = {path.name for path in self.worker.scratch.iterdir() if path.name[0] != "."}
        return set(session(self.worker.pid)) - self.resting, files - {"macros.conf"}

    def settled(self) -> tuple[set[int], set[str]]:
        """What is left over once the worker has had the time to clean up, which it does after it has answered."""
        until = time.monotonic() + 10
        while any(found := self.left_over()) and time.monotonic() < until:
            time.sleep(0.002)
        return found


def session(leader: int) -> list[int]:
    """Living processes of the session that *leader* began."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


def sample(leader: int, peaks: dict[int, tuple[str, int]], done: threading.Event) -> None:
    while True:
        for pid in session(leader):
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                continue
            facts = dict(line.split(":", 1) for line in lines)
            peak = int(facts.get("VmHWM", "0 kB").split()[0])
            peaks[pid] = (facts["Name"].strip(), max(peak, peaks.get(pid, ("", 0))[1]))
        if done.wait(0.01):
            return


@pytest.fixture(scope="module", params=KINDS)
def keeper(request: pytest.FixtureRequest) -> Iterator[Keeper]:
    if "bubblewrap" in request.param and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    made = Keeper(request.param)
    yield made
    made.worker.close()
    until = time.monotonic() + 20
    while session(made.worker.pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert session(made.worker.pid) == []
    assert [path for path in made.scratches if path.exists()] == []


def job(rtl: str, testbench: str) -> dict[str, object]:
    return {"rtl": rtl, "testbench": testbench, "log_chars": 4000, "direct": bool(locate().base)}


def jobs(attack: Attack) -> Iterator[dict[str, object]]:
    """*attack* as the design, and inside the testbench."""
    bench = benches()["house"]
    yield job(attack.rtl, bench)
    yield job("module unused; endmodule\n", bench + attack.rtl)


def reaches_for_files(attack: Attack) -> bool:
    return "ct-attack" in attack.rtl or "/etc/passwd" in attack.rtl


def cases() -> Iterator[object]:
    """What reaches for files is quick; the others make their limits wait."""
    for attack in attacks():
        marks = [] if reaches_for_files(attack) else [pytest.mark.exhaustive]
        yield pytest.param(attack, id=f"{attack.aim}: {attack.name}", marks=marks)


@pytest.mark.parametrize("attack", tuple(cases()))
def test_nothing_is_touched_left_or_exceeded(keeper: Keeper, canaries: list[Canary], attack: Attack) -> None:
    armed = [canary.armed() for canary in canaries]
    for target in canaries if reaches_for_files(attack) else canaries[:1]:
        rtl = attack.rtl.replace("/tmp/ct-attack", str(target.path)).replace("/etc/passwd", str(target.path))
        for asked in jobs(attack._replace(rtl=rtl)):
            answer, peaks = keeper.ask(asked)
            assert SECRET not in str(answer)
            assert "root:x:0" not in str(answer)
            assert keeper.too_large(peaks) == {}
            assert keeper.settled() == (set(), set())
    assert [canary.state() for canary in canaries] == armed


def test_a_reading_or_a_writing_would_have_been_seen(canaries: list[Canary]) -> None:
    for canary in canaries:
        armed = canary.armed()
        canary.path.read_text()
        assert canary.state() != armed, f"{canary.place}: readings leave no trace here"

        armed = canary.armed()
        with canary.path.open("a"):
            os.utime(canary.path)
        assert canary.state() != armed


def test_a_process_or_a_file_left_behind_would_have_been_seen(keeper: Keeper) -> None:
    extra = keeper.worker.scratch / "left"
    extra.touch()
    before = keeper.resting
    keeper.resting = set()
    try:
        processes, files = keeper.left_over()
    finally:
        keeper.resting = before
        extra.unlink()

    assert processes
    assert files == {"left"}


def test_memory_is_measured(keeper: Keeper) -> None:
    greedy = "module greedy; reg [1023:0] m [0:199999]; integer i;\ninitial for (i = 0; i < 200000; i = i + 1) m[i] = 1;\nendmodule"
    _, peaks = keeper.ask(job(RIGHT, benches()["house"] + greedy))

    largest = max(peak for pid, (_, peak) in peaks.items() if pid not in keeper.resting)
    assert largest >> 10 > 50, peaks
