"""A run that counts or judges otherwise than its trace says is not reproduced; other words are no contradiction."""

import pytest

from ct_retrain.judge.reading.reproduction import TranscriptMatch, compare_transcripts


@pytest.mark.parametrize(
    ("theirs", "ours", "likeness"),
    [
        ("ALL TESTS PASSED\n", "ALL TESTS PASSED\n", TranscriptMatch.SAME),
        ("[350 ns] PASS: add\n", "[360 ns] PASS: add\n", TranscriptMatch.SAME),
        ("# ALL TESTS PASSED\n# Errors: 0, Warnings: 2\n", "ALL TESTS PASSED\n", TranscriptMatch.SAME),
        ("seed 17\nPASS: 20 FAIL: 0\n", "seed 3\nPASS: 20 FAIL: 0\n", TranscriptMatch.SAME),
        ("PASS: 20 FAIL: 0\n", "PASS: 12 FAIL: 0\n", TranscriptMatch.CONTRADICTION),
        ("8/8 tests passed\n", "7/8 tests passed\n", TranscriptMatch.CONTRADICTION),
        ("errors: 0\n", "errors: 3\n", TranscriptMatch.CONTRADICTION),
        ("all good\n", "checks=20 errors=0\n", TranscriptMatch.NOISE),
        ("ALL TESTS PASSED\n", "checks done\n", TranscriptMatch.NOISE),
        ("ALL TESTS PASSED\n", "TEST FAILED\n", TranscriptMatch.CONTRADICTION),
        ("checking\nFAILED: add\n", "ALL TESTS PASSED\n", TranscriptMatch.CONTRADICTION),
        (
            "PASS: add\nok: corner of /home/u/a.v\nALL PASSED\n",
            "PASS: add\nALL PASSED\n",
            TranscriptMatch.NOISE,
        ),
        ("tb.v:3: warning: no error here\nPASSED\n", "PASSED\n", TranscriptMatch.SAME),
        ("", "ALL TESTS PASSED\n", TranscriptMatch.SAME),
        ("VCD info: dumpfile t.vcd opened\n", "ALL TESTS PASSED\n", TranscriptMatch.SAME),
        ("run 1 passed: 3\nrun 2 passed: 9\n", "run 2 passed: 9\n", TranscriptMatch.SAME),
        (
            "saved to /tmp/x\nresult /tmp/a/out.log PASSED\n",
            "result /w/b/out.log PASSED\n",
            TranscriptMatch.SAME,
        ),
    ],
)
def test_two_transcripts(theirs: str, ours: str, likeness: TranscriptMatch) -> None:
    assert compare_transcripts(theirs, ours).likeness is likeness


def test_a_contradiction_shows_both_lines() -> None:
    assert (
        compare_transcripts("PASS: 20\n", "PASS: 12\n").detail
        == "the trace says 'PASS: 20', tonight 'PASS: 12'"
    )
