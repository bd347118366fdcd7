"""A queue is asked for jobs when there is work, and given them back; here a queue of a few lines, that starts them at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.cluster.machines import cluster_judge, wait_for
from tests.cluster.test_judge import DESIGNS

from ct_retrain.cluster.jobs import job_cluster
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge

SBATCH = """#!/bin/sh
cp "$1" "$QUEUE/script.$$"
setsid sh "$QUEUE/script.$$" >>"$QUEUE/log" 2>&1 &
echo $! >>"$QUEUE/started"
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
echo "$1" >>"$QUEUE/cancelled"
kill -TERM -"$1"
"""
JOBS = {"kind": "slurm", "job": {"interface": "lo", "count": 2, "cores": 1, "memory": "2GiB"}}


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("QUEUE", str(tmp_path))
    yield tmp_path
    for pid in _numbers(tmp_path / "started"):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _numbers(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.mark.slow
def test_jobs_judge_and_are_given_back(queue: Path, here: Judge) -> None:
    judge = cluster_judge("", {**JOBS, "idle_minutes": 0.05})
    with judge:
        assert list(check_all(judge, DESIGNS)) == list(check_all(here, DESIGNS))
        assert len(_numbers(queue / "started")) == 2
        wait_for(lambda: len(_numbers(queue / "cancelled")) == 2, "idle jobs are cancelled")
        assert list(check_all(judge, DESIGNS[:2])) == list(check_all(here, DESIGNS[:2]))
    assert sorted(_numbers(queue / "cancelled")) == sorted(_numbers(queue / "started"))


def test_a_job_asks_for_what_the_settings_say(queue: Path) -> None:
    chosen = {"queue": "eda", "account": "rtl", "walltime": "01:00:00", "prologue": ["module load iverilog"]}
    settings = ClusterSettings.model_validate(
        {**JOBS, "job": {**JOBS["job"], **chosen, "directives": ["--qos low"]}}
    )

    with job_cluster(settings, None) as made:
        script = made.job_script()

    for line in (
        "-p eda",
        "-A rtl",
        "-t 01:00:00",
        "--cpus-per-task=1",
        "--mem=2G",
        "--qos low",
        "-o /dev/null",
    ):
        assert f"#SBATCH {line}\n" in script
    assert "PROFILE__ENABLED=False\n" in script
    assert "\nmodule load iverilog\n" in script
    assert "--nthreads 1 " in script
    assert "--no-dashboard" in script


@pytest.mark.parametrize(
    ("kind", "program"), [("slurm", "sbatch"), ("lsf", "bsub"), ("sge", "qsub"), ("pbs", "qsub")]
)
def test_a_machine_without_the_queue_is_told(
    kind: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    settings = ClusterSettings.model_validate({**JOBS, "kind": kind})

    with pytest.raises(ToolError, match=f"cluster.kind is {kind}, but {program} is not installed here"):
        job_cluster(settings, None)


def test_every_kind_of_queue_gets_a_script(queue: Path) -> None:
    for name in ("bsub", "qsub"):
        (queue / name).write_text("#!/bin/sh\n")
        (queue / name).chmod(0o755)
    for kind, charged in (("lsf", '#BSUB -P "rtl"\n'), ("sge", "#$ -P rtl\n"), ("pbs", "#PBS -A rtl\n")):
        settings = ClusterSettings.model_validate(
            {**JOBS, "kind": kind, "job": {**JOBS["job"], "account": "rtl"}}
        )
        with job_cluster(settings, None) as made:
            assert charged in made.job_script()
