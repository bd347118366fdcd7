"""A run that counts or judges otherwise than its trace says is not reproduced; other words are no contradiction."""

import pytest

from ct_retrain.judge.reading.reproduction import Likeness, compared


@pytest.mark.parametrize(
    ("theirs", "ours", "likeness"),
    [
        ("ALL TESTS PASSED\n", "ALL TESTS PASSED\n", Likeness.SAME),
        ("[350 ns] PASS: add\n", "[360 ns] PASS: add\n", Likeness.SAME),
        ("# ALL TESTS PASSED\n# Errors: 0, Warnings: 2\n", "ALL TESTS PASSED\n", Likeness.SAME),
        ("seed 17\nPASS: 20 FAIL: 0\n", "seed 3\nPASS: 20 FAIL: 0\n", Likeness.SAME),
        ("PASS: 20 FAIL: 0\n", "PASS: 12 FAIL: 0\n", Likeness.CONTRADICTION),
        ("8/8 tests passed\n", "7/8 tests passed\n", Likeness.CONTRADICTION),
        ("errors: 0\n", "errors: 3\n", Likeness.CONTRADICTION),
        ("all good\n", "checks=20 errors=0\n", Likeness.NOISE),
        ("ALL TESTS PASSED\n", "checks done\n", Likeness.NOISE),
        ("ALL TESTS PASSED\n", "TEST FAILED\n", Likeness.CONTRADICTION),
        ("checking\nFAILED: add\n", "ALL TESTS PASSED\n", Likeness.CONTRADICTION),
        ("PASS: add\nok: corner of /home/u/a.v\nALL PASSED\n", "PASS: add\nALL PASSED\n", Likeness.NOISE),
        ("tb.v:3: warning: no error here\nPASSED\n", "PASSED\n", Likeness.SAME),
        ("", "ALL TESTS PASSED\n", Likeness.SAME),
        ("VCD info: dumpfile t.vcd opened\n", "ALL TESTS PASSED\n", Likeness.SAME),
        ("run 1 passed: 3\nrun 2 passed: 9\n", "run 2 passed: 9\n", Likeness.SAME),
        ("saved to /tmp/x\nresult /tmp/a/out.log PASSED\n", "result /w/b/out.log PASSED\n", Likeness.SAME),
    ],
)
def test_two_transcripts(theirs: str, ours: str, likeness: Likeness) -> None:
    assert compared(theirs, ours).likeness is likeness


def test_a_contradiction_shows_both_lines() -> None:
    assert compared("PASS: 20\n", "PASS: 12\n").detail == "the trace says 'PASS: 20', tonight 'PASS: 12'"
