"""A forked process and its parent never take each other's verdicts."""

import os

from tests.small_workspace import bench, golden, wrong

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.judge import Judge


def test_a_fork_that_dies_while_it_asks_leaves_no_answer_behind() -> None:
    judge = Judge(JudgeSettings())
    good = Design(rtl=golden(4), testbench=bench(4))
    bad = Design(rtl=wrong(4), testbench=bench(4))
    assert judge.check(good).passed
    for _ in range(3):
        child = os.fork()
        if not child:
            code = 0 if judge.check(good).passed else 1
            os._exit(code)
        assert judge.check(bad).outcome is Outcome.MISMATCH
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert judge.check(bad).outcome is Outcome.MISMATCH
    judge.close()
