"""A Slurm of one machine on loopback: munged, slurmctld and slurmd with files, keys and ports of their own."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.machines import kill, wait_for
from tests.loopback import free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "sinfo")
_CONF = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={place}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd.log
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why no Slurm can be started here; "" where one can."""
    absent = [name for name in PROGRAMS if _which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (./setup.sh --all-tools)"
    return "" if os.getuid() == 0 else "slurmd must be root to start jobs"


@contextmanager
def slurm(place: Path) -> Iterator[Path]:
    """Start one in *place*; yields its configuration, which belongs into SLURM_CONF."""
    for name in ("state", "spool"):
        (place / name).mkdir()
    place.chmod(0o755)
    (place / "munge.key").write_bytes(os.urandom(64))
    (place / "munge.key").chmod(0o400)
    conf = place / "slurm.conf"
    facts = {"host": socket.gethostname().split(".")[0], "user": getpass.getuser(), "cpus": os.cpu_count()}
    conf.write_text(_CONF.format(place=place, ctld=free_port(), slurmd=free_port(), **facts))
    files = {
        "key-file": "munge.key",
        "socket": "munge.socket",
        "pid-file": "munged.pid",
        "seed-file": "munge.seed",
    }
    options = [f"--{name}={place / file}" for name, file in {**files, "log-file": "munged.log"}.items()]
    started = [_start(place, "munged", "--foreground", "--force", *options)]
    try:
        wait_for((place / "munge.socket").exists, "munged listens")
        started += [_start(place, name, "-D", "-f", str(conf)) for name in ("slurmctld", "slurmd")]
        wait_for(lambda: "idle" in _said(conf), "a node of Slurm is idle")
        yield conf
    finally:
        for process in reversed(started):
            kill(process)


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _start(place: Path, name: str, *argv: str) -> "subprocess.Popen[bytes]":
    with (place / f"{name}.out").open("wb") as out:
        return subprocess.Popen(
            [_which(name) or name, *argv], cwd=place, stdout=out, stderr=out, start_new_session=True
        )


def _said(conf: Path) -> str:
    environment = {**os.environ, "SLURM_CONF": str(conf)}
    return subprocess.run(
        ["sinfo", "--noheader", "--format=%T"], env=environment, capture_output=True, text=True, check=False
    ).stdout
