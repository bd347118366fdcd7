"""Whatever is no Verilog, as the design or as the testbench, ends in a named outcome, soon and in little memory."""

import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.judge.benches import GOLDEN, HOUSE

from ct_retrain.cli import call
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.judge import Judge

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

MACROS = "".join(f"`define A{i} `A{i - 1} `A{i - 1}\n" for i in range(1, 31))
BAD = {
    "nothing": "",
    "white space": " \n\t\n" * 100,
    "binary junk": "".join(chr(code) for code in range(1, 256)) * 40,
    "NUL characters": "module counter;\0 endmodule\n",
    "surrogates' replacement": "\ufffd" * 5000,
    "200,000 parentheses": "module counter; wire w = "
    + "(" * 200_000
    + "1"
    + ")" * 200_000
    + "; endmodule\n",
    "50,000 blocks": "module counter; initial " + "begin " * 50_000 + "end " * 50_000 + "endmodule\n",
    "a macro that expands to a gigabyte": f"`define A0 w\n{MACROS}module counter; wire `A30; endmodule\n",
    "a macro that contains itself": "`define A `B\n`define B `A\nmodule counter; wire `A; endmodule\n",
    "an open comment": "module counter; /* endmodule\n",
    "an open string": 'module counter; initial $display("\n',
    "an open conditional": "`ifdef X\nmodule counter; endmodule\n",
    "a word of a million characters": f"module {'c' * 1_000_000}; endmodule\n",
    "three million characters": "// nothing\n" * 300_000,
    "half a module": GOLDEN[: len(GOLDEN) // 2],
    "instances without a name": HOUSE.replace(
        "initial begin", "buf_p (clk); counter (clk);\n  initial begin", 1
    ),
    "another language": "def counter(clk, rst):\n    return clk\n",
}
ENDLESS = {
    "a testbench that never ends": HOUSE.replace("$finish;", "forever #1 ;"),
    "a testbench that loops without time": HOUSE.replace(
        "initial begin", "initial forever ;\n  initial begin", 1
    ),
    "a testbench that floods": HOUSE.replace(
        "initial begin", "initial forever $display(1);\n  initial begin", 1
    ),
    "a testbench that eats memory": HOUSE.replace(
        "initial begin",
        "reg [1023:0] m [0:9999999]; integer j; initial for (j = 0; j < 9999999; j = j + 1) m[j] = 1; initial begin",
        1,
    ),
}
CODES = {
    "mismatch": 20,
    "compile_error": 21,
    "forbidden": 22,
    "no_evidence": 23,
    "timeout": 24,
    "resource_limit": 25,
}
SECONDS = 60.0
"""On the wall, of a busy machine; the processor's limit is one second a tool."""
MEMORY_MB = 1200
"""Of any process: the worker's own limit is the largest."""


@pytest.fixture(scope="module")
def small() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=1, memory_mb=128, output_kb=64, simulator="icarus")) as judge:
        yield judge


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
@pytest.mark.parametrize("place", ["design", "testbench"])
def test_bad_text_ends_in_a_named_outcome(small: Judge, place: str, text: str) -> None:
    design = Design(rtl=text, testbench=HOUSE) if place == "design" else Design(rtl=GOLDEN, testbench=text)
    began = time.monotonic()

    verdict = small.check(design)

    assert verdict.outcome.value in CODES
    assert verdict.detail
    assert verdict.detail.isprintable()
    assert time.monotonic() - began < SECONDS
    assert small.check(Design(rtl=GOLDEN, testbench=HOUSE)).passed, "the next design is judged as ever"


@pytest.mark.parametrize("testbench", ENDLESS.values(), ids=ENDLESS)
def test_a_testbench_without_an_end_runs_into_a_limit(small: Judge, testbench: str) -> None:
    began = time.monotonic()

    verdict = small.check(Design(rtl=GOLDEN, testbench=testbench))

    assert verdict.outcome in {Outcome.TIMEOUT, Outcome.RESOURCE_LIMIT}
    assert time.monotonic() - began < SECONDS


def test_no_bad_text_took_much_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with Judge(JudgeSettings(cpu_seconds=1, memory_mb=128, output_kb=64, simulator="icarus")) as judge:
        for text in BAD.values():
            judge.check(Design(rtl=text, testbench=HOUSE))
            judge.check(Design(rtl=GOLDEN, testbench=text))

    assert max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) >> 10 < MEMORY_MB


SHOWN = (
    "binary junk",
    "NUL characters",
    "200,000 parentheses",
    "a macro that expands to a gigabyte",
    "nothing",
)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("place", ["dut", "tb"])
def test_the_shell_names_an_outcome_or_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, name: str
) -> None:
    texts = {"dut": GOLDEN, "tb": HOUSE, place: BAD[name]}
    paths = {which: tmp_path / f"{which}.v" for which in texts}
    for which, text in texts.items():
        paths[which].write_text(text)

    code = call(
        ["-s", "judge.cpu_seconds=1", "-s", "judge.memory_mb=128", "judge", *map(str, paths.values())]
    )

    out, err = capsys.readouterr()
    assert code in {2, *CODES.values()}
    assert (err and not out) if code == 2 else out.startswith(tuple(f"{name}: " for name in CODES))
    assert "Traceback" not in out + err


@pytest.mark.parametrize("missing", ["dut", "tb"])
@pytest.mark.parametrize("how", ["missing", "directory", "not UTF-8"])
def test_the_shell_names_a_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str, how: str
) -> None:
    paths = {"dut": tmp_path / "dut.v", "tb": tmp_path / "tb.v"}
    paths["dut"].write_text(GOLDEN)
    paths["tb"].write_text(HOUSE)
    bad = paths[missing]
    bad.unlink()
    if how == "directory":
        bad.mkdir()
    elif how == "not UTF-8":
        bad.write_bytes(b"module \xff\xfe\n")

    assert call(["judge", *map(str, paths.values())]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert str(bad) in err
    assert "Traceback" not in err
