"""A number is a count where the testbench counts with it, whatever word stands before it."""

import pytest

from ct_retrain.judge.evidence.harness import Harness, harness
from ct_retrain.judge.reading.transcript import TranscriptMeaning, understood

BENCH = """module tb; integer errors = 0, fails = 0, i; reg done = 0; wire y; dut u (.y(y));
initial begin
  for (i = 0; i < 3; i = i + 1) if (y !== 1) begin $display("FAIL: %0d", i); fails = fails + 1; end
  if (done) begin $display("  ERRORS: %4d", errors); $display("FAIL: %0d", fails); end
  errors <= errors + 1;
  $finish;
end endmodule"""


@pytest.mark.parametrize(
    ("site", "said", "word"),
    [
        (0, "FAIL: 0", TranscriptMeaning.FAIL),
        (1, "  ERRORS:    0", TranscriptMeaning.PASS),
        (1, "  ERRORS:    2", TranscriptMeaning.FAIL),
        (2, "FAIL: 0", TranscriptMeaning.PASS),
        (2, "FAIL: 1", TranscriptMeaning.FAIL),
    ],
)
def test_a_tally_is_a_count_and_an_index_is_none(site: int, said: str, word: TranscriptMeaning) -> None:
    made = harness(BENCH)

    assert isinstance(made, Harness)
    assert understood(made.sites, [(site, said)]).word is word
