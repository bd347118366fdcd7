"""Nodes answer as this machine would, to everything that a judge can be asked, or not at all."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.machines import Machines, certificates, cluster_judge, machines, wait_for
from tests.small_workspace import bench, golden, wrong

from ct_retrain.cluster.judge import ClusterJudge
from ct_retrain.cluster.parts import NodeSimulator
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.confined.simulators.naive_run import Script
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.lazy import LazyJudge, judge_behind
from ct_retrain.judge.simulators.cached import Cache

DESIGNS = [
    Design(rtl=text, testbench=bench(width))
    for width in (3, 4, 5)
    for text in (
        golden(width),
        wrong(width),
        f"module inv{width}(",
        golden(width).replace("endmodule", "initial $finish; endmodule"),
        golden(width) + "// a lone surrogate: \ud800",
    )
]


@pytest.fixture(scope="module")
def there(cluster: Machines) -> Iterator[ClusterJudge]:
    with cluster_judge(cluster.address) as judge:
        yield judge


def test_verdicts_are_the_same_byte_for_byte(there: ClusterJudge, here: Judge) -> None:
    ours = [verdict.model_dump_json() for verdict in check_all(here, DESIGNS)]

    assert [verdict.model_dump_json() for verdict in check_all(there, DESIGNS)] == ours
    assert len({verdict.outcome for verdict in check_all(there, DESIGNS)}) == 4


def test_every_part_answers_alike(there: ClusterJudge, here: Judge) -> None:
    design, text = DESIGNS[0], golden(3)
    script = Script(("-Wall",), together=True, stops=True)
    worth, ours = there.appraiser(design, 3), here.appraiser(design, 3)

    assert judge_behind(there) is there
    assert there.tool == here.tool
    assert there.plain.tool == here.plain.tool
    assert there.plain.check(design) == here.plain.check(design)
    assert there.same(text, text, "inv3") is here.same(text, text, "inv3") is True
    assert there.icarus.naive(design) == here.icarus.naive(design)
    assert there.icarus.by_script(design, script) == here.icarus.by_script(design, script)
    assert worth.model_copy(update={"seconds": 0.0}) == ours.model_copy(update={"seconds": 0.0})
    assert there.appraiser.seconds == worth.seconds


def test_what_is_known_is_asked_nobody(cluster: Machines, tmp_path: Path) -> None:
    with cluster_judge(cluster.address, known=Cache(tmp_path / "known", 8)) as judge:
        first = [list(check_all(judge, DESIGNS)), judge.appraiser(DESIGNS[0], 3)]
        sent = judge.dispatcher.batches
        again = [list(check_all(judge, DESIGNS)), judge.appraiser(DESIGNS[0], 3)]

        assert again == first
        assert judge.dispatcher.batches == sent
        assert judge.cache_use == (len(DESIGNS), len(DESIGNS))


def test_answers_that_are_known_and_new_come_without_a_thread_each(cluster: Machines, tmp_path: Path) -> None:
    lazy = LazyJudge(lambda: cluster_judge(cluster.address, known=Cache(tmp_path / "verdicts.sqlite", 10)))
    first = list(check_all(lazy, DESIGNS[:5]))
    before = threading.active_count()

    again, threads = [], 0
    for verdict in check_all(lazy, DESIGNS):
        again.append(verdict)
        threads = max(threads, threading.active_count() - before)

    assert again[:5] == first
    assert threads < len(DESIGNS)
    assert lazy.cache_use == (5, len(DESIGNS))
    lazy.judge.close()


def test_a_node_that_lies_is_found_by_judging_again(there: ClusterJudge) -> None:
    class Liar:
        """This machine, as it would have to be for the nodes to be right about a design that it passes."""

        tool = there.tool

        def check(self, design: Design):
            return there.check(design.model_copy(update={"rtl": wrong(3)}))

    doubting = NodeSimulator(there.dispatcher, "whole", Liar(), recheck=1.0)

    with pytest.raises(ToolError, match=r"a node judged a design as pass .* this machine as mismatch "):
        doubting.check(DESIGNS[0])
    with pytest.raises(ToolError, match=r"find it with cluster\.recheck = 1"):
        list(check_all(doubting, DESIGNS[:1]))


def test_with_tls_only_one_authority_is_talked_to(here: Judge, tmp_path: Path) -> None:
    ours, theirs = certificates(tmp_path / "ours"), certificates(tmp_path / "theirs")
    with machines(tmp_path, workers=1, certificates=ours) as made:
        with cluster_judge(made.address, ours.settings) as judge:
            assert judge.check(DESIGNS[0]) == here.check(DESIGNS[0])
        with (
            cluster_judge(made.address, theirs.settings, patience=3.0) as judge,
            pytest.raises(ToolError, match=r"no answer from the cluster for 3 s .*: tls://127\.0\.0\.1:"),
        ):
            judge.check(DESIGNS[0])


WITHOUT_YOSYS = (
    "unshare",
    "-m",
    "sh",
    "-c",
    'mount --bind /dev/null "$(command -v yosys)" && exec "$@"',
    "sh",
)
"""A machine without yosys, which gives no second opinion and so has another Tool."""


def test_nodes_with_other_tools_are_refused_with_words(here: Judge, tmp_path: Path) -> None:
    if subprocess.run([*WITHOUT_YOSYS, "true"], check=False).returncode:
        pytest.skip("yosys cannot be hidden here: not installed, or no namespaces")
    with machines(tmp_path, workers=0) as poor:
        poor.start_worker(inside=WITHOUT_YOSYS)
        with cluster_judge(poor.address) as judge, pytest.raises(ToolError) as raised:
            judge.check(DESIGNS[0])
        assert "no node can judge for this machine. tcp://127.0.0.1:" in str(raised.value)
        assert "install the same tools. Wanted: icarus" in str(raised.value)
        assert "yosys none" in str(raised.value)

        poor.start_worker()
        with cluster_judge(poor.address) as judge:
            wait_for(lambda: "2 nodes" in judge.reach(), "both nodes are up")
            assert list(check_all(judge, DESIGNS)) == list(check_all(here, DESIGNS))
