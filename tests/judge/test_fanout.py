"""Answers come in the order of the questions, however long each takes."""

import time
from collections.abc import Iterator

from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.fanout import check_all


class SlowFirst:
    """Judges by sleeping as long as the design says."""

    tool = Tool(name="fake", version="0")

    def check(self, design: Design) -> Verdict:
        time.sleep(float(design.rtl))
        return Verdict(outcome=Outcome.PASS, detail=design.rtl, tool=self.tool)


def test_verdicts_keep_the_order_of_the_designs() -> None:
    delays = ["0.05", "0.0", "0.02", "0.01"]

    verdicts = check_all(SlowFirst(), (Design(rtl=delay, testbench="") for delay in delays), workers=4)

    assert [verdict.detail for verdict in verdicts] == delays


def test_designs_are_read_only_as_far_as_answers_are_near() -> None:
    taken = 0

    def designs() -> Iterator[Design]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield Design(rtl="0", testbench="")

    verdicts = check_all(SlowFirst(), designs(), workers=1)
    next(verdicts)
    verdicts.close()  # type: ignore[attr-defined]

    assert taken < 20
