"""One night's judgements as jobs of a real Slurm: the same dataset and the same scores as on this machine."""

import subprocess
from pathlib import Path

import pytest
from tests.cluster.slurm import missing, slurm
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain.cluster.judge import Cluster, ClusterJudge
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.judge.judge import Judge
from ct_retrain.nightly.run import Options, run_night

pytestmark = pytest.mark.slow

JOBS = ClusterSettings.model_validate(
    {
        "kind": "slurm",
        "patience": 300.0,
        "recheck": 0.2,
        "job": {"interface": "lo", "count": 2, "cores": 1, "memory": "2GiB"},
    }
)


def ready(root: Path) -> SmallWorkspace:
    small = found(root, problems=range(2, 4), mutants=3)
    for width in (4, 5, 6, 7):
        leave_trace(small.workspace, f"run{width}", width, fails_first=True)
    return small


def outputs(small: SmallWorkspace) -> dict[str, bytes]:
    """What curate and benchmark left, but for manifests, which hold times."""
    stages = [small.workspace.night("2026-01-02") / stage for stage in ("curate", "benchmark")]
    paths = [path for stage in stages for path in stage.rglob("*.jsonl")]
    return {str(path.relative_to(small.workspace.root)): path.read_bytes() for path in paths}


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_a_night_judged_by_slurm_is_the_night_judged_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Judge
) -> None:
    del here
    local, remote = ready(tmp_path / "local"), ready(tmp_path / "remote")
    night = Options(night="2026-01-02")
    (tmp_path / "slurm").mkdir()

    ended = run_night(local.workspace, local.settings, local.ports, night)
    with slurm(tmp_path / "slurm") as conf:
        monkeypatch.setenv("SLURM_CONF", str(conf))
        with ClusterJudge(Judge(local.settings.judge), Cluster(JOBS, tmp_path)) as judge:
            ports = remote.ports._replace(simulator=judge, appraiser=judge.appraiser, same=judge.same)
            ended_there = run_night(remote.workspace, remote.settings, ports, night)
            jobs = subprocess.run(["squeue", "--noheader"], capture_output=True, text=True, check=True).stdout
        left = subprocess.run(
            ["squeue", "--noheader", "--states", "running,pending"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert ended is not None
    assert ended_there is not None
    assert ended_there.outcome == ended.outcome
    assert outputs(remote) == outputs(local)
    assert any(b'"low":1.0' in data and b"inv7" in data for data in outputs(remote).values())
    assert judge.dispatcher.batches
    assert "dask-wor" in jobs
    assert "dask-wor" not in left
