"""`ct-retrain benchmark --answers`: answers from elsewhere, judged by our rule and by the suite's own."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.suites.layouts import gate, plain_row, v1, v2, write_lines

from ct_retrain.cli import call

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
FAST = ["-s", "judge.cpu_seconds=2", "-s", "judge.simulator=icarus", "-s", "gate.bootstrap=200"]
RIGHT = gate("gate")
WRONG = gate("gate", "a | b")


def answer(task: str, completion: str = RIGHT) -> dict[str, str]:
    return {"task_id": task, "completion": completion}


def bench(root: Path, *more: str, suite: str = "mine.jsonl") -> int:
    return call(
        [
            "-C",
            str(root),
            *FAST,
            "benchmark",
            "--suite",
            suite,
            "--answers",
            str(root / "answers.jsonl"),
            *more,
        ]
    )


def measured(root: Path, capsys: pytest.CaptureFixture[str], *more: str, suite: str = "mine.jsonl") -> Any:
    capsys.readouterr()
    assert bench(root, "--json", *more, suite=suite) == 0
    return json.loads(capsys.readouterr().out)


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "samples").iterdir())}


def test_all_goldens_of_a_suite_reach_100_percent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one"), plain_row("two")])
    write_lines(tmp_path / "answers.jsonl", [answer("two"), answer("one")])

    card = measured(tmp_path, capsys)
    assert card["functional"]["value"] == 1.0
    assert card["outcomes"] == {"pass": 2}
    assert card["forged"] == 0
    assert (card["quarantined"], card["rejected"]) == ([], [])

    assert bench(tmp_path) == 0
    said = capsys.readouterr().out
    assert "100.0%" in said
    assert "no rule but the hardened one" in said


def test_lines_that_answer_nothing_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one"), plain_row("two")])
    lines = [
        json.dumps(answer("one")),
        json.dumps(answer("elsewhere")),
        '{"task_id": "two", "comple',
        json.dumps({"task_id": "two"}),
        json.dumps(answer("two", WRONG)),
        json.dumps(answer("two")),
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n")

    card = measured(tmp_path, capsys)
    assert {one["subject"]: one["reason"] for one in card["rejected"]} == {
        "answers.jsonl:2": "unknown_task",
        "answers.jsonl:3": "not_json",
        "answers.jsonl:4": "bad_field",
        "answers.jsonl:6": "surplus",
    }
    assert card["passes"] == {"one": 1, "two": 0}

    assert bench(tmp_path) == 0
    said = capsys.readouterr().out
    assert "left out: answers.jsonl:4: bad_field: completion: Field required" in said
    assert "left out: answers.jsonl:2: unknown_task: the suite has no problem elsewhere" in said


def test_fewer_answers_than_the_others_have_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row(name) for name in ("one", "two", "three", "four")])
    rows = [answer(name) for name in ("one", "two", "three") for _ in range(2)]
    write_lines(tmp_path / "answers.jsonl", [*rows[:-1], answer("three", "")])
    card = measured(tmp_path, capsys)

    assert card["sampling"]["samples"] == 2
    assert card["passes"] == {"one": 2, "two": 2, "three": 1, "four": 0}
    assert card["outcomes"] == {"no_module": 1, "not_attempted": 2, "pass": 5}
    assert card["functional"]["value"] == pytest.approx(5 / 8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no answer to a problem of the suite and no line"),
        ("\n \n", "holds no answer to a problem of the suite and no line"),
        ('{"task_id": "one"}\n', "answers.jsonl:1: bad_field: completion: Field required"),
        (json.dumps(answer("zwei")), "answers.jsonl:1: unknown_task"),
        (None, "No such file"),
    ],
)
def test_a_file_without_an_answer_is_the_callers_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one")])
    if text is not None:
        (tmp_path / "answers.jsonl").write_text(text)

    assert bench(tmp_path) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "work" / "benchmark").exists()


def test_answers_are_brought_or_drawn_but_not_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path, "--adapter", "somewhere") == 2
    assert "--answers and --adapter do not go together" in capsys.readouterr().err


def test_an_adapter_that_is_not_there_is_the_callers_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["-C", str(tmp_path), "benchmark", "--adapter", str(tmp_path / "nowhere")]) == 2
    assert "nowhere is no directory" in capsys.readouterr().err


def test_a_suite_without_one_usable_problem_is_the_callers_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one", golden=WRONG)])
    write_lines(tmp_path / "answers.jsonl", [answer("one")])

    assert bench(tmp_path) == 2
    assert "one: golden_fails" in capsys.readouterr().err


def test_what_is_wrong_in_a_suite_is_named_once_and_the_rest_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = plain_row("good")
    rows = [
        good,
        plain_row("bare", golden=""),
        plain_row("twice"),
        plain_row("twice"),
        plain_row("ports", testbench=good["testbench"].replace(".b(in[1])", ".c(in[1])")),
        plain_row("broken", testbench=good["testbench"].replace("endmodule", "oops\nendmodule")),
    ]
    path = write_lines(tmp_path / "mine.jsonl", rows)
    path.write_text(path.read_text() + json.dumps(plain_row("half"))[:90])
    write_lines(tmp_path / "answers.jsonl", [answer("good"), answer("ports"), answer("broken")])
    wanted = {
        "mine.jsonl:2": "missing_golden",
        "mine.jsonl:7": "not_json",
        "twice": "duplicate_id",
        "ports": "wrong_interface",
        "broken": "testbench_does_not_compile",
    }

    card = measured(tmp_path, capsys)
    assert card["passes"] == {"good": 1}
    assert {one["subject"]: one["reason"] for one in card["quarantined"]} == wanted
    assert len(card["quarantined"]) == len(wanted)

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "mine.jsonl", "--json"]) == 3
    checked = json.loads(capsys.readouterr().out)
    assert checked["healthy"] == 1
    assert {one["subject"]: one["reason"] for one in checked["quarantined"]} == wanted


FINISH = "initial $finish;\nendmodule\n"


@pytest.mark.parametrize("rule", ["official", "hardened"])
@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_both_scores_are_reported_where_the_rules_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, rule: str
) -> None:
    if kind == "v1":
        suite = v1(tmp_path, ["Prob001_zero", "Prob002_one"]).relative_to(tmp_path)
        right, ends = "\tassign y = a & b;\nendmodule\n", FINISH
    else:
        suite = v2(tmp_path, ["Prob001_zero", "Prob002_one"]).relative_to(tmp_path)
        right = gate("TopModule")
        ends = right.replace("assign y = a & b;\nendmodule\n", FINISH)
    write_lines(tmp_path / "answers.jsonl", [answer("Prob001_zero", right), answer("Prob002_one", ends)])

    card = measured(tmp_path, capsys, "--rule", rule, suite=str(suite))
    assert card["rules"]["hardened"]["passes"] == {"Prob001_zero": 1, "Prob002_one": 0}
    assert card["rules"]["official"]["passes"] == {"Prob001_zero": 1, "Prob002_one": 1}
    assert card["rules"]["hardened"]["outcomes"] == {"forbidden": 1, "pass": 1}
    assert card["functional"] == card["rules"][rule]["functional"]
    assert [one["forged"] for one in card["rules"].values()] == [0, 0]

    assert bench(tmp_path, "--rule", rule, suite=str(suite)) == 0
    other = {
        "official": "hardened rule: 50.0%; it differs on 1 problems: Prob002_one (1 here, 0 there)",
        "hardened": "official rule: 100.0%; it differs on 1 problems: Prob002_one (0 here, 1 there)",
    }
    assert other[rule] in capsys.readouterr().out


def test_rules_that_agree_are_not_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = v2(tmp_path, ["Prob001_zero"])
    write_lines(tmp_path / "answers.jsonl", [answer("Prob001_zero", gate("TopModule"))])

    assert bench(tmp_path, suite=suite.name) == 0
    said = capsys.readouterr().out
    assert "official rule" not in said
    assert "no rule but the hardened one" not in said


def test_the_k_of_pass_at_k_are_chosen_and_refused_above_the_number_of_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one")])
    write_lines(tmp_path / "answers.jsonl", [answer("one"), answer("one", WRONG), answer("one", WRONG)])

    card = measured(tmp_path, capsys, "--k", "3, 1,2")
    assert {k: round(one["value"], 4) for k, one in card["pass_at_k"].items()} == {
        "1": 0.3333,
        "2": 0.6667,
        "3": 1.0,
    }
    assert bench(tmp_path, "--k", "1,5") == 2
    assert "pass@5 needs 5 answers a problem and there are 3" in capsys.readouterr().err
    assert bench(tmp_path, "--k", "0") == 2
    assert "--k 0 is no list of whole numbers" in capsys.readouterr().err


def test_every_answer_has_a_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one"), plain_row("two")])
    texts = [RIGHT, WRONG, RIGHT.replace("assign", "asign"), "no module"]
    write_lines(tmp_path / "answers.jsonl", [answer("one", text) for text in texts])

    assert bench(tmp_path, "--problems") == 0
    said = capsys.readouterr().out
    assert ["one", "1/4", "25%", ".RCN"] in [line.split() for line in said.splitlines()]
    assert ["two", "0/4", "0%", "----"] in [line.split() for line in said.splitlines()]


def test_published_figures_stand_beside_ours_with_rule_tool_and_n(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = v2(tmp_path, ["Prob001_zero"])
    write_lines(tmp_path / "answers.jsonl", [answer("Prob001_zero", gate("TopModule", "a | b"))])
    figure = {"model": "GPT-4o", "suite": "verilogeval-v2-spec-to-rtl", "rule": "official"}
    figure |= {"tool": "iverilog 12", "n": 20, "scores": {"pass@1": 62.6, "pass@20": 64.4}}
    write_lines(tmp_path / "theirs.jsonl", [figure, {**figure, "n": "many"}])
    theirs = ["--published", str(tmp_path / "theirs.jsonl")]

    assert bench(tmp_path, *theirs, "--rule", "official", "--problems", suite=suite.name) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["GPT-4o", "official", "iverilog", "12", "20", "62.6%", "64.4%"] in rows
    ours = [row for row in rows if "(here)" in row]
    assert [(row[2], row[-3:]) for row in ours] == [
        ("hardened", ["1", "0.0%", "–"]),
        ("official", ["1", "0.0%", "–"]),
    ]
    assert ["Prob001_zero", "0/1", "0%", "R"] in rows
    assert any(row[:3] == ["left", "out:", "theirs.jsonl:2:"] for row in rows)

    card = measured(tmp_path, capsys, *theirs, suite=suite.name)
    assert [one["model"] for one in card["published"]] == ["GPT-4o"]


def test_a_second_run_judges_nothing_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("one"), plain_row("two")])
    write_lines(tmp_path / "answers.jsonl", [answer("one"), answer("two", WRONG)])
    first = measured(tmp_path, capsys)
    before = files(tmp_path / "work/benchmark")
    marked = tmp_path / "work/benchmark/samples" / next(iter(before))
    marked.write_bytes(marked.read_bytes().replace(b"8 checks agree", b"8 checks AGREE"))
    again = measured(tmp_path, capsys)

    assert again == first
    assert b"8 checks AGREE" in marked.read_bytes()


SLOW = """`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif
module tb;
  reg [1:0] in = 0;
  wire y;
  integer checks = 0, errors = 0;
  gate dut (.a(in[0]), .b(in[1]), .y(y));
  initial begin
    repeat (400000) begin
      #1 checks = checks + 1;
      if (y !== (in[0] & in[1])) errors = errors + 1;
      in = in + 1;
    end
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
"""
ENDLESS = RIGHT.replace(
    "endmodule", "reg q;\nalways @* begin q = a & ~a; while (!q) q = a & ~a; end\nendmodule"
)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Others that want the processors too."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()


def eval_run(root: Path) -> Path:
    """Real problems, one that takes its time and one answer that never ends."""
    from ct_retrain.suites.load import load_suite

    real = load_suite("behavioural", Path()).problems[:5]
    rows = [one.model_dump(include=set(plain_row("any"))) for one in real]
    write_lines(root / "mine.jsonl", [*rows, plain_row("slow", testbench=SLOW), plain_row("quick")])
    right = [answer(one.id, one.golden) for one in real]
    wrong = [answer(one.id, one.golden.replace("<=", "<= ~", 1)) for one in real]
    mixed = [answer("slow"), answer("slow", WRONG), answer("quick", ENDLESS), answer("quick", "no module")]
    write_lines(root / "answers.jsonl", [*right, *wrong, *mixed])
    return root


@pytest.mark.slow
def test_neither_workers_nor_a_busy_machine_change_a_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for name, workers, others in (("one", 1, 0), ("four", 4, 0), ("busy", 4, 6)):
        root = eval_run(tmp_path / name)
        with busy(others):
            arguments = ["-C", str(root), *FAST, "-s", f"judge.workers={workers}", "benchmark", "--json"]
            assert call([*arguments, "--suite", "mine.jsonl", "--answers", str(root / "answers.jsonl")]) == 0
        card = json.loads(capsys.readouterr().out)
        found[name] = (card, files(root / "work/benchmark"))

    assert found["one"][0]["outcomes"]["timeout"] == 1, "the endless one, and not the slow one"
    assert found["one"][0]["passes"]["slow"] == 1
    assert found["four"] == found["one"]
    assert found["busy"] == found["one"]


def many(root: Path) -> list[str]:
    """A workspace with 40 different answers, and the command that judges them."""
    names = [f"p{number}" for number in range(5)]
    write_lines(root / "mine.jsonl", [plain_row(name) for name in names])
    rows = [
        answer(
            name, (RIGHT if number % 3 else WRONG).replace("endmodule", f"wire {name}_{number};\nendmodule")
        )
        for name in names
        for number in range(8)
    ]
    write_lines(root / "answers.jsonl", rows)
    arguments = ["-C", str(root), *FAST, "-s", "judge.workers=2", "-s", "judge.second_opinion=false"]
    brought = ["--suite", "mine.jsonl", "--answers", str(root / "answers.jsonl")]
    return [sys.executable, "-m", "ct_retrain", *arguments, "benchmark", *brought]


def killed(command: list[str], samples: Path, lines: int) -> None:
    """Run *command* until it has written that many *lines* more, then kill it where it stands."""
    before = written(samples)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while child.poll() is None and written(samples) - before < lines and time.monotonic() < deadline:
        time.sleep(0.002)
    assert child.poll() is None, "it ended before it could be killed"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


def written(samples: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in samples.glob("*.jsonl"))


@pytest.mark.slow
def test_a_benchmark_that_is_killed_again_and_again_ends_the_same(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run(many(whole), check=True, capture_output=True)
    command, samples = many(cut), cut / "work/benchmark/samples"
    for lines in random.Random(4).sample(range(1, 9), 3):
        killed(command, samples, lines)
    kept = written(samples)
    [path] = samples.glob("*.jsonl")
    marked = path.read_bytes().count(b"8 checks agree")
    path.write_bytes(path.read_bytes().replace(b"8 checks agree", b"8 checks AGREE"))
    subprocess.run(command, check=True, capture_output=True)

    assert 0 < marked <= kept < 40
    assert path.read_bytes().count(b"8 checks AGREE") == marked, "what was written is not judged again"
    path.write_bytes(path.read_bytes().replace(b"8 checks AGREE", b"8 checks agree"))
    assert files(cut / "work/benchmark") == files(whole / "work/benchmark")
