"""Nodes in network namespaces of their own, with file systems of their own: nothing is shared but the wire, which is cut."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.machines import Machines, cluster_judge, machines, wait_for
from tests.cluster.test_failures import DESIGNS, SOON

from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        Path(sys.prefix).is_relative_to("/tmp"),
        reason="this checkout is in /tmp, which is hidden from the nodes: they could not start",
    ),
]

ALONE = 'mount -t tmpfs none /tmp && mount -t tmpfs none /dev/shm && exec "$@"'
"""Neither the test's directory nor anybody's scratch is seen."""


def ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, capture_output=True)


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Machines]:
    """Two nodes, each at the far end of a wire: `ctw1` and `ctw2` on this side."""
    names = [f"ct{os.getpid()}n{number}" for number in (1, 2)]
    try:
        for number, name in enumerate(names, 1):
            ip("netns", "add", name)
            ip("link", "add", f"ctw{number}", "type", "veth", "peer", "name", "far", "netns", name)
            ip("addr", "add", f"10.213.{number}.1/30", "dev", f"ctw{number}")
            ip("link", "set", f"ctw{number}", "up")
            for command in ("link set lo up", f"addr add 10.213.{number}.2/30 dev far", "link set far up"):
                ip("-n", name, *command.split())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {error}")
    try:
        with machines(tmp_path, workers=0, env=SOON, host="0.0.0.0") as made:
            for number, name in enumerate(names, 1):
                inside = ("ip", "netns", "exec", name, "unshare", "-m", "sh", "-c", ALONE, "sh")
                made.start_worker(inside=inside, host=f"10.213.{number}.2", head=f"10.213.{number}.1")
            yield made
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def test_nodes_that_share_nothing_judge_alike_and_a_cut_wire_costs_time(apart: Machines, here: Judge) -> None:
    ours = list(check_all(here, DESIGNS))

    with cluster_judge(apart.address, patience=300.0) as judge:
        wait_for(lambda: "2 nodes" in judge.reach(), "both nodes are up", 120)
        assert list(check_all(judge, DESIGNS)) == ours

        verdicts = check_all(judge, DESIGNS)
        first = next(verdicts)
        ip("link", "set", "ctw1", "down")
        assert [first, *verdicts] == ours
        wait_for(lambda: "1 nodes" in judge.reach(), "the one that is cut off is given up", 120)
