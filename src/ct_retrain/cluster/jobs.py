"""Nodes as jobs of a queueing system, by dask-jobqueue. The scheduler runs here, and the jobs connect to it."""

import shutil
import signal
from typing import TYPE_CHECKING, Any

from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import ToolError

if TYPE_CHECKING:
    from distributed import Security

_LOCAL = "127.0.0.1:0"
"""Address of Dask's dashboard: loopback only, because the dashboard has no password."""
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
"""Environment that spares a node most of what Dask does while nothing happens: by default it samples its threads every 10 ms."""
_ACCOUNT = {"slurm": "account", "pbs": "account", "lsf": "project", "sge": "project"}


def job_cluster(settings: ClusterSettings, security: "Security | None") -> Any:
    """Return a cluster that has no nodes yet; raise ToolError if the queue's commands are not on this machine."""
    queues = _queues()
    kinds = {
        "slurm": queues.SLURMCluster,
        "lsf": queues.LSFCluster,
        "sge": queues.SGECluster,
        "pbs": queues.PBSCluster,
    }
    chosen = kinds[settings.kind]
    command = chosen.job_cls.submit_command
    if shutil.which(command) is None:
        raise ToolError(
            f"cluster.kind is {settings.kind}, but {command} is not installed here: run on a machine that submits jobs"
        )
    return chosen(security=security, **_options(settings))


def _queues() -> Any:
    """Import dask_jobqueue without its handler for Ctrl-C, because only the main thread may set one."""
    handle = signal.signal
    signal.signal = lambda *_: signal.SIG_DFL
    try:
        import dask_jobqueue
    finally:
        signal.signal = handle
    return dask_jobqueue


def _options(settings: ClusterSettings) -> dict[str, Any]:
    job = settings.job
    silent = () if job.log_directory else ("-o /dev/null", "-e /dev/null")
    given = {
        "queue": job.queue,
        _ACCOUNT[settings.kind]: job.account,
        "python": job.python,
        "interface": job.interface,
        "log_directory": job.log_directory,
    }
    return {
        "cores": job.cores,
        "processes": 1,
        "memory": job.memory,
        "walltime": job.walltime if settings.kind != "lsf" else ":".join(job.walltime.split(":")[:2]),
        "job_extra_directives": [*silent, *job.directives],
        "job_script_prologue": [*(f"export {name}={value}" for name, value in QUIET.items()), *job.prologue],
        "worker_extra_args": ["--no-dashboard", "--dashboard-address", _LOCAL],
        "scheduler_options": {"dashboard": False, "dashboard_address": _LOCAL},
        **{name: value for name, value in given.items() if value},
    }
