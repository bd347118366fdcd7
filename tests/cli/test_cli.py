"""The command line: words, exit codes, and how little it imports."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import click
import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain import __version__
from ct_retrain.adapters.provenance import own_commit
from ct_retrain.cli import call, cli
from ct_retrain.cli.context import print_box, print_table
from ct_retrain.cli.grouped import SECTIONS

HEAVY = ("torch", "transformers", "numpy", "pydantic", "rich")


def test_help_answers_without_importing_anything_heavy() -> None:
    code = (
        "import sys, resource; from ct_retrain.cli import call; call(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules]);"
        "used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, seconds = done.stdout.splitlines()[-2:]

    assert loaded == "[]"
    assert float(seconds) < 0.5


@pytest.mark.parametrize("arguments", [["frobnicate"], ["run", "--until", "lunch"], ["--set", "x", "status"]])
def test_a_wrong_call_is_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(arguments) == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "show --markdown --json",
        "show --markdown --problem p",
        "compare 2026-01-01 2026-01-02 --page --json",
        "leaderboard a.json --form html --json",
        "run --dry-run --redo train",
        "run --dry-run --until train",
        "run --dry-run --if-open",
        "run --redo train --again",
        "artefacts 2026-01-01 --extract to --json",
        "schedule cron --out to --json",
        "benchmark --draw to.jsonl --json",
        "benchmark --answers from.jsonl --adapter a",
        "benchmark --problems --json",
        "rollback 2026-01-01 --to-mainline",
        "report 2026-01-01 --all",
        "export 2026-01-01 --merge to --arm mainline",
        "export 2026-01-01 --gguf to --hub me/it",
        "export 2026-01-01 --dataset to --dtype float16",
        "export 2026-01-01 --hub me/it --converter c.py",
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct-retrain.toml").write_text("")
    assert call(["-C", str(tmp_path), *line.split()]) == 2
    assert "do not go together: leave one of them away" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["ct-retrain.toml"]


def test_an_unknown_setting_is_named_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["-C", str(tmp_path), "--set", "max_record=3", "status"]) == 2
    assert "did you mean max_records" in capsys.readouterr().err


def test_a_new_workspace_has_no_nights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").touch()

    assert call(["-C", str(tmp_path), "status"]) == 0
    assert "no night has ended yet" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["ct-retrain.toml"]


_OF_A_WORKSPACE = (
    ["status"],
    ["history"],
    ["show"],
    ["report"],
    ["check"],
    ["verify"],
    ["doctor"],
    ["run"],
    ["run", "--dry-run"],
    ["rollback"],
    ["promote", "2026-01-01", "--force", "--because", "x"],
    ["snapshot"],
    ["purge"],
    ["schedule", "cron"],
    ["track", "status"],
)


@pytest.mark.parametrize("arguments", _OF_A_WORKSPACE, ids=" ".join)
def test_what_is_no_workspace_is_usage_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert call(["-C", str(tmp_path / "nowhere"), *arguments]) == 2
    assert f"{tmp_path / 'nowhere'} is no directory" in capsys.readouterr().err

    assert call(["-C", str(tmp_path), *arguments]) == 2
    assert f"{tmp_path} is no workspace" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_prints_the_funnel_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2, fails_first=True)
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "run", "--dry-run", "--json"]) == 4  # there is no mainline
    plan = json.loads(capsys.readouterr().out)

    assert plan["collect"]["collected"] == 1
    assert plan["curate"]["repairs"] == 1
    assert plan["training"]["schedule"]["steps"] >= 60
    assert plan["training"]["counted"] == "characters"


def test_a_dry_run_says_how_training_would_go_also_where_mainline_is_not_at_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    toml = '[train]\nmainline = "nobody/nothing"\n[benchmark]\nsuite = "suite.jsonl"\n'
    (tmp_path / "ct-retrain.toml").write_text(toml)
    assert call(["-C", str(tmp_path), "run", "--dry-run"]) == 4
    said = capsys.readouterr().out

    assert "60 steps of 1 sequences, about " in said
    assert "learning rate 5e-05 at the first step, 0.0002 after 3 steps of warm-up" in said
    assert "no estimate of time and memory: base model 'nobody/nothing'" in said


def test_a_dry_run_shows_the_line_that_holds_the_night_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    (small.workspace.gold / "v5.jsonl").write_text("no json\n")
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    call(["-C", str(tmp_path), "run", "--dry-run"])
    said = capsys.readouterr().out

    assert said.count("gold/v5.jsonl:1") == 1
    assert "First: gold/v5.jsonl:1: malformed_json" in said


def test_config_says_where_a_value_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_RETRAIN_MAX_RECORDS", "7")
    assert call(["-C", str(tmp_path), "config", "max_records", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "max_records": {"value": "7", "from": "CT_RETRAIN_MAX_RECORDS"}
    }


def test_a_second_night_at_once_exits_11(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ct_retrain import disk

    small = found(tmp_path)
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    with disk.lock(small.workspace.lock):
        assert call(["-C", str(tmp_path), "run"]) == 11
    assert "another night is running" in capsys.readouterr().err


def test_ctrl_c_exits_130_and_the_next_run_goes_on(tmp_path: Path) -> None:
    import os
    import signal
    import time

    small = found(tmp_path)
    for width in range(2, 9):
        leave_trace(small.workspace, f"run_{width}", width)
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    command = [sys.executable, "-m", "ct_retrain", "-C", str(tmp_path), "run", "--until", "curate"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    plan = small.workspace.work
    deadline = time.monotonic() + 30
    while not list(plan.glob("*/plan.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=30)

    assert child.returncode == 130, said
    assert "run the same command again to continue" in said
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_show_without_a_night_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").touch()
    assert call(["-C", str(tmp_path), "show"]) == 2
    assert "no night" in capsys.readouterr().err


def test_a_teams_own_trainer_is_called_with_plan_and_out(tmp_path: Path) -> None:
    small = found(tmp_path)
    for width in range(2, 6):
        leave_trace(small.workspace, f"run_{width}", width)
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    script = tmp_path / "train.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "plan, out = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])\n"
        "(out / 'adapter').mkdir()\n"
        "(out / 'adapter' / 'adapter_config.json').write_text('{}')\n"
        "(out / 'adapter' / 'adapter_model.safetensors').write_text(str(plan['rows']))\n"
    )
    command = f"{sys.executable} {script}"
    arguments = [
        "-C",
        str(tmp_path),
        "run",
        "--night",
        "2026-01-01",
        "--until",
        "train",
        "--trainer-command",
        command,
    ]

    assert call(arguments) == 0
    assert (small.workspace.stage("2026-01-01", "train") / "adapter" / "adapter_model.safetensors").exists()


def test_completion_prints_what_the_shell_needs(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert call(["completion", shell]) == 0
        assert "_CT_RETRAIN_COMPLETE" in capsys.readouterr().out


def test_a_clock_that_was_moved_back_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = tmp_path / "data/run_db/nightly"
    records.mkdir(parents=True)
    records.joinpath("2026-01-01.json").write_text("{}")
    tomorrow = time.time() + 86400
    os.utime(records / "2026-01-01.json", (tomorrow, tomorrow))
    call(["-C", str(tmp_path), "doctor", "--json"])
    clock = next(one for one in json.loads(capsys.readouterr().out) if one["what"] == "clock")

    assert not clock["fine"]
    assert "set the clock" in clock["remedy"]


def test_whatever_reads_can_be_read_by_programs_too() -> None:
    reads = ("attack", "benchmark", "config", "doctor", "formal", "history", "judge", "run", "show", "status")
    named = [cli.commands[name] for name in reads]
    groups = [
        command
        for group in ("harvest", "suite")
        for command in cast("click.Group", cli.commands[group]).commands.values()
    ]

    silent = [one.name for one in (*named, *groups) if not any("--json" in p.opts for p in one.params)]
    assert silent == []


def test_every_command_has_one_place_in_the_help() -> None:
    told = [name for names in SECTIONS.values() for name in names]

    assert sorted(told) == sorted(
        name for name, one in cast(click.Group, cli).commands.items() if not one.hidden
    )
    assert len(next(iter(SECTIONS.values()))) == 5


@pytest.mark.parametrize("arguments", [["config", "max_records"], ["track", "status"]])
def test_workspace_and_settings_may_follow_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    there, nowhere = str(tmp_path), str(tmp_path / "nowhere")
    (tmp_path / "ct-retrain.toml").touch()

    assert call([*arguments, "-C", nowhere]) == 2
    assert "nowhere is no directory" in capsys.readouterr().err
    assert call(["-C", there, *arguments, "--set", "max_record=3"]) == 2
    assert "did you mean max_records" in capsys.readouterr().err


def test_a_setting_after_the_command_counts_over_one_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        call(
            [
                "-s",
                "max_records=3",
                "config",
                "max_records",
                "--json",
                "-C",
                str(tmp_path),
                "-s",
                "max_records=4",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["max_records"]["value"] == "4"


def test_a_table_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("t", ("remedy",), [("pip install 'ct-retrain[track]'",)])

    assert "pip install 'ct-retrain[track]'" in capsys.readouterr().out


def test_the_last_word_of_a_night_is_a_box_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Held: too little evidence [n = 3].", "serving: mainline"]
    print_box("2026-01-01: held", lines)
    plain = capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_box("2026-01-01: held", lines)
    boxed = capsys.readouterr().out.splitlines()

    assert plain == "2026-01-01: held\nHeld: too little evidence [n = 3].\nserving: mainline\n"
    assert boxed[0].startswith("╭─ 2026-01-01: held ")
    assert "Held: too little evidence [n = 3]." in boxed[1]


def test_what_would_break_the_night_is_said_before_it_in_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    (tmp_path / "ct-retrain.toml").write_text(
        '[judge]\nsimulator = "icarus"\n[benchmark]\nsuite = "suite.jsonl"\n[train]\ncommand = "no-such-trainer"\n'
        '[endpoint]\nurl = "http://127.0.0.1:9/v1"\nmodel = "base"\nadapters = "path"\n'
    )
    place = ["-C", str(tmp_path)]
    assert call([*place, "run", "--dry-run"]) == 4
    planned = capsys.readouterr().out
    assert call([*place, "doctor", "--json"]) == 4
    lacking = [one for one in json.loads(capsys.readouterr().out) if not one["fine"]]

    assert {"train.command", "endpoint"} <= {one["what"] for one in lacking}
    for one in lacking:
        assert f"error: {one['what']}: {one['found']}" in planned


def test_the_version_names_the_commit(capsys: pytest.CaptureFixture[str]) -> None:
    commit, dirty = own_commit()
    assert call(["--version"]) == 0
    said = capsys.readouterr().out

    assert said.startswith(f"ct-retrain {__version__}")
    assert (f"commit {commit[:12]}" in said) is bool(commit)
    assert ("not committed" in said) is dirty
