"""A connection to Dask's scheduler: one that runs already, or one that is started here for the jobs of a queue."""

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
    """A client, and the jobs that belong to it where there are some."""

    def __init__(self, settings: ClusterSettings, root: Path) -> None:
        """Connect; raise OSError where nobody answers, UsageError and ToolError for what waiting does not mend."""
        require_dask()
        from distributed import Client

        for name in ("distributed", "distributed.client", "distributed.nanny", "distributed.scheduler"):
            logging.getLogger(name).setLevel(
                logging.CRITICAL
            )  # what matters of it is said by `cluster.vigil`
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
        """Whether the client has given up: another Connection is needed."""
        return self.client.status in {"closed", "closing"}

    def ask_for_jobs(self) -> None:
        """Ask the queue for all jobs, also in the place of those that ended; nothing where there is no queue."""
        if self._jobs is not None:
            self._jobs.scale(jobs=self._count)

    def close(self) -> None:
        """Disconnect, and end the jobs."""
        self.client.close(timeout=_CONNECT_SECONDS)
        self._end_jobs()

    def _end_jobs(self) -> None:
        if self._jobs is not None:
            self._jobs.close(timeout=_CONNECT_SECONDS)


def require_dask() -> None:
    """Raise ToolError where the extra is not installed."""
    missing = [name for name in ("distributed", "dask_jobqueue") if find_spec(name) is None]
    if missing:
        raise ToolError(
            f"the settings name a cluster, and {' and '.join(missing)} is not installed: {install_command('cluster')}"
        )
