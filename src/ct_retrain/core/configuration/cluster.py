"""Where designs are judged besides this machine."""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.configuration.section import Section

Queue = Literal["slurm", "lsf", "sge", "pbs"]


class JobSettings(Section):
    """What a queueing system is asked for; what is empty here is taken from dask-jobqueue's own configuration."""

    count: Annotated[int, Field(ge=1)] = 4
    """Jobs."""
    cores: Annotated[int, Field(ge=1)] = 8
    """Processors of a job: as many designs are judged in it at once."""
    memory: Annotated[str, Field(pattern=r"^[0-9.]+ ?[KMGT]i?B$")] = "16GiB"
    """Memory of a job: two GiB a processor is plenty."""
    walltime: str = "02:00:00"
    """Longest life of a job; one that ends while there is work is asked for again."""
    queue: str = ""
    """Partition or queue."""
    account: str = ""
    """Account or project that is charged."""
    directives: tuple[str, ...] = ()
    """More lines for the head of the job's script, without their `#SBATCH`, `#BSUB`, `#$` or `#PBS`."""
    prologue: tuple[str, ...] = ()
    """Shell lines before the worker starts, such as `module load iverilog yosys`."""
    python: str = ""
    """Interpreter on the nodes; empty means the path of this one."""
    interface: str = ""
    """Network interface over which this machine and the nodes talk, such as `ib0`."""
    log_directory: str = ""
    """Where the queue writes what the jobs print."""


class ClusterSettings(Section):
    """Where designs are judged besides this machine; with neither `address` nor `kind` it is this machine alone."""

    address: Annotated[str, Field(pattern=r"^((tcp|tls)://\S+:[0-9]+)?$")] = ""
    """Scheduler of a Dask cluster that runs already, such as tls://head:8786."""
    kind: Queue | Literal[""] = ""
    """Queueing system that is asked for nodes once there is something to judge."""
    job: JobSettings = JobSettings()
    idle_minutes: Annotated[float, Field(gt=0)] = 5.0
    """The jobs of `kind` are given back after so long without a question."""
    patience: Annotated[float, Field(gt=0)] = 3600.0
    """Seconds without a single answer after which waiting for the cluster is given up; what is waited for is logged."""
    recheck: Annotated[float, Field(ge=0, le=1)] = 0.001
    """Share of the nodes' verdicts that this machine judges again; one that differs ends the work."""
    tls_ca: str = ""
    """Certificate (PEM) of the authority that scheduler, nodes and this machine trust."""
    tls_cert: str = ""
    """This machine's certificate; with `kind` the jobs' too."""
    tls_key: str = ""
    """Its key."""
    insecure: bool = False
    """Do without TLS beyond loopback, where whoever reaches the scheduler can run programs as you."""

    @property
    def used(self) -> bool:
        """Whether anything but this machine judges."""
        return bool(self.address or self.kind)
