"""Connect to a Dask scheduler that already runs, or start one here for the jobs of a queueing system."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ct_retrain.cluster.jobs import job_cluster
from ct_retrain.cluster.security import security_of
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.installation import install_command

_CONNECT_SECONDS = 10.0


class Connection:
    """A Dask client, and the queue's jobs if `cluster.kind` names a queue."""

    def __init__(self, settings: ClusterSettings, root: Path) -> None:
        """Connect.

        Raise OSError if the scheduler does not answer, and UsageError or ToolError for errors that retrying cannot
        fix.
        """
        require_dask()
        from distributed import Client

        for name in ("distributed", "distributed.client", "distributed.nanny", "distributed.scheduler"):
            # `cluster.watchdog` reports what matters of it.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        security = security_of(settings, root)
        self._count = settings.job.count
        self._jobs = job_cluster(settings, security) if settings.kind else None
        try:
            self.client: Any = Client(
                self._jobs or settings.address,
                security=security,
                timeout=_CONNECT_SECONDS,
                set_as_default=False,
                name="ct-retrain",
            )
        except BaseException:
            self._end_jobs()
            raise

    @property
    def answers(self) -> bool:
        """Whether the scheduler is connected right now."""
        return bool(self.client.status == "running")

    @property
    def over(self) -> bool:
        """Whether the client is closed; then a new Connection is needed."""
        return self.client.status in {"closed", "closing"}

    def ask_for_jobs(self) -> None:
        """Ask the queue for the configured number of jobs, replacing those that ended; do nothing without a queue."""
        if self._jobs is not None:
            self._jobs.scale(jobs=self._count)

    def close(self) -> None:
        """Disconnect, and end the queue's jobs."""
        try:
            self.client.close(timeout=_CONNECT_SECONDS)
        finally:
            self._end_jobs()

    def _end_jobs(self) -> None:
        if self._jobs is not None:
            self._jobs.close(timeout=_CONNECT_SECONDS)


def require_dask() -> None:
    """Raise ToolError if the extra `cluster` is not installed."""
    missing = [name for name in ("distributed", "dask_jobqueue") if find_spec(name) is None]
    if missing:
        raise ToolError(
            f"the settings name a cluster, but {' and '.join(missing)} is not installed: {install_command('cluster')}"
        )
