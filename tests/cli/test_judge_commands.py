"""`judge`, `formal` and `attack`: what they say, and the exit codes that scripts read."""

import json
import shutil
from pathlib import Path

import pytest
from tests.judge.benches import GOLDEN, HOUSE, WRONG

from ct_retrain.cli import call
from ct_retrain.judge.confined.formal.engines import locate_yosys

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

YOSYS = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")
PRINTS = GOLDEN.replace("endmodule", '  initial $display("passed");\nendmodule')


def written(directory: Path, **texts: str) -> list[str]:
    """The paths of files that hold *texts*."""
    for name, text in texts.items():
        (directory / f"{name}.v").write_text(text)
    return [str(directory / f"{name}.v") for name in texts]


def test_a_right_design_passes_and_the_layers_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["judge", *written(tmp_path, dut=GOLDEN, tb=HOUSE)]) == 0
    said = capsys.readouterr().out

    assert said.startswith("pass: 20 checks agree\nchecks 20, errors 0, warnings 0\nlog\n")
    assert "sandbox rlimits" in said


@pytest.mark.parametrize(
    ("dut", "tb", "outcome", "code"),
    [
        (WRONG, HOUSE, "mismatch", 20),
        (GOLDEN.replace("else", "els"), HOUSE, "compile_error", 21),
        (PRINTS, HOUSE, "forbidden", 22),
        (GOLDEN, "module tb;\nendmodule\n", "no_evidence", 23),
        (GOLDEN, HOUSE.replace("initial begin", "initial forever;\n  initial begin"), "timeout", 24),
        (
            GOLDEN,
            HOUSE.replace("initial begin", "initial forever $display(1);\n  initial begin"),
            "resource_limit",
            25,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() and " " not in value else "",
)
def test_the_exit_code_is_the_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dut: str, tb: str, outcome: str, code: int
) -> None:
    files = written(tmp_path, dut=dut, tb=tb)

    assert call(["-s", "judge.cpu_seconds=1", "judge", *files]) == code
    assert capsys.readouterr().out.startswith(f"{outcome}: ")


def test_json_is_the_verdict_and_its_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["judge", *written(tmp_path, dut=WRONG, tb=HOUSE), "--json"]) == 20
    said = json.loads(capsys.readouterr().out)

    assert (said["outcome"], said["checks"], said["tool"]["name"]) == ("mismatch", 20, "icarus")
    assert "rlimits" in said["layers"]
    assert "explanation" not in said


@YOSYS
def test_a_dispute_keeps_both_logs_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asks = GOLDEN.replace("else q", "else if (u === 1'bx) q").replace("  always", "  reg u;\n  always")
    files = written(tmp_path, dut=asks, tb=HOUSE)

    assert call(["judge", *files, "--explain", "--json"]) == 26
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["log"]) == ("disputed", "CT_VERDICT checks=20 errors=0\n")
    assert said["second_log"] == "CT_VERDICT checks=20 errors=15\n"
    assert said["explanation"]["opinion"]["agrees"] is False
    assert "second opinion" in said["tool"]["detail"]

    assert call(["judge", *files, "--explain"]) == 26
    text = capsys.readouterr().out
    assert "  as synthesised: CT_VERDICT checks=20 errors=15" in text
    assert "second opinion\n  DISAGREES: pass as written, mismatch as synthesised" in text


def test_explain_scores_the_testbench_of_a_design_that_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = written(tmp_path, dut=GOLDEN, tb=HOUSE)

    assert call(["judge", *files, "--explain", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["explanation"]
    assert found["guard"] == {"refused": [], "unread": []}
    assert found["style"] == "house"
    assert found["credibility"]["stubs_passed"] == []
    assert found["credibility"]["killed"] > 0


def test_explain_names_the_line_that_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = written(tmp_path, dut=PRINTS, tb=HOUSE)

    assert call(["judge", *files, "--explain"]) == 22
    said = capsys.readouterr().out
    assert f"refused  {files[0]}:4: system task $display" in said
    assert "not run: the design does not pass" in said


def test_explain_without_yosys_says_that_there_is_no_second_opinion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_retrain.judge.prover.locate_yosys", lambda: None)

    assert call(["judge", *written(tmp_path, dut=GOLDEN, tb=HOUSE), "--explain"]) == 0
    assert "second opinion\n  not run: no yosys\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "does not exist"), (b"\xff\xfe\x00", "is no UTF-8 text"), (b"module m;\0", "is binary")],
)
def test_what_is_no_text_is_usage_and_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, complaint: str
) -> None:
    dut = tmp_path / "dut.v"
    if content is not None:
        dut.write_bytes(content)

    assert call(["judge", str(dut), *written(tmp_path, tb=HOUSE)]) == 2
    said = capsys.readouterr()
    assert f"error: {dut} {complaint}" in said.err
    assert not said.out


def test_a_directory_is_no_design(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["judge", str(tmp_path), *written(tmp_path, tb=HOUSE)]) == 2
    assert "is no file" in capsys.readouterr().err


@YOSYS
def test_formal_proves_two_writings_of_one_design(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = written(tmp_path, candidate=GOLDEN.replace("q + 1", "q - 3"), golden=GOLDEN)

    assert call(["formal", *files, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["method"], said["top"]) == ("proved", "pdr", "counter")


@YOSYS
def test_formal_shows_the_inputs_that_tell_two_designs_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["formal", *written(tmp_path, candidate=WRONG, golden=GOLDEN)]) == 20
    said = capsys.readouterr().out

    assert said.startswith("fail: module counter, ")
    assert "step 0: " in said


def test_formal_without_an_engine_is_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_retrain.judge.prover.locate_yosys", lambda: None)

    assert call(["formal", *written(tmp_path, candidate=WRONG, golden=GOLDEN)]) == 28
    assert capsys.readouterr().out.startswith("not_run: module counter, no engine: ")


@pytest.mark.parametrize("more", [["--top", "nobody"], []], ids=["unknown top", "two tops"])
def test_formal_compares_one_module_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    two = GOLDEN + GOLDEN.replace("counter", "other")

    assert call(["formal", *written(tmp_path, candidate=GOLDEN, golden=two), *more]) == 2
    assert "golden.v has" in capsys.readouterr().err


def test_attacks_of_one_kind_are_shown_beside_the_careless_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["attack", "--style", "plain", "--only", "print"]) == 0
    said = capsys.readouterr().out

    assert "guard" in said
    assert "PASS" in said
    assert said.splitlines()[-1].startswith("forged passes: 0 of ")


def test_an_attack_is_still_found_by_its_former_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["attack", "--style", "plain", "--only", "recite by a task that waits for a time"]) == 0
    assert "hard-code the answers by a task that waits for a time" in " ".join(
        capsys.readouterr().out.split()
    )


def test_an_unknown_attack_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["attack", "--only", "no such thing"]) == 2
    assert "no attack's name contains" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_no_attack_of_the_whole_suite_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["attack", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)

    assert said["forged"] == 0
    assert len(said["results"]) >= 300
    assert said["forged_careless"] > 0, "the comparison shows nothing"


FILES = {
    "inc/a.vh": "`ifndef A\n`define A 3\n`endif\n",
    "pk.sv": "package pk; localparam K = `KK; endpackage\n",
    "m.sv": '`include "a.vh"\nmodule m(input [7:0] a, output [7:0] y);\n  reg [7:0] rom [0:1];\n'
    '  initial $readmemh("r.hex", rom);\n  assign y = a + pk::K + `A + rom[1];\nendmodule\n',
    "r.hex": "1 2\n",
    "tb.sv": "module tb; reg [7:0] a; wire [7:0] y; integer i, e = 0; m d(.a(a), .y(y));\n"
    "  initial begin\n    for (i = 0; i < 9; i = i + 1) begin\n      a = i * 5; #1;\n"
    '      if (y !== i * 5 + 10) begin e = e + 1; $display("FAIL %0d", y); end\n    end\n'
    '    $display("tests: 9 errors: %0d", e);\n    $finish;\n  end\nendmodule\n',
}


def several(directory: Path) -> list[str]:
    """The words that judge a design in several files."""
    (directory / "inc").mkdir()
    for name, text in FILES.items():
        (directory / name).write_text(text)
    where = {name: str(directory / name) for name in (*FILES, "inc")}
    return ["judge", where["m.sv"], where["tb.sv"], "--rtl", where["pk.sv"], "-I", where["inc"], "-D", "KK=5"]


def test_several_files_are_judged_and_each_line_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([*several(tmp_path), "--data", str(tmp_path / "r.hex"), "--explain"]) == 0
    said = capsys.readouterr().out

    assert "  right    tests: 9 errors: 0\n" in said
    assert f"{tmp_path / 'tb.sv'}:7: a count: failed 0" in said


def test_what_is_missing_is_told_by_its_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(several(tmp_path)) == 20

    assert f'{tmp_path / "m.sv"}:4: the file that fills rom was not given: "r.hex"' in capsys.readouterr().out
