"""Lines as testbenches print them, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.judge.reading.words import LineMeaning, read_line

LINES = {
    "errors = 0": LineMeaning.YES,
    "ERRORS:    0": LineMeaning.YES,
    "error_count=0": LineMeaning.YES,
    "Failed tests: 0": LineMeaning.YES,
    "Tests failed: 3": LineMeaning.NO,
    "PASS: 20 FAIL: 0": LineMeaning.YES,
    "PASS: 19 FAIL: 1": LineMeaning.NO,
    "Tests: 5 | Pass: 5 | Fail: 0": LineMeaning.YES,
    "Tests: 5 | Pass: 4 | Fail: 1": LineMeaning.NO,
    "Passed:     4": LineMeaning.YES,
    "  Failed:     0": LineMeaning.YES,
    "Simulation finished with 0 errors": LineMeaning.YES,
    "Simulation finished with 2 errors.": LineMeaning.NO,
    "All tests passed": LineMeaning.YES,
    "ALL TESTS PASSED! (no errors)": LineMeaning.YES,
    "[PASS] Reset test passed": LineMeaning.YES,
    "[FAIL] reset test": LineMeaning.NO,
    "Status: SOME TESTS FAILED ✗": LineMeaning.NO,
    "8/256 tests passed": LineMeaning.NO,
    "256/256 tests passed": LineMeaning.YES,
    "Tests passed: 20 / 20": LineMeaning.YES,
    "Tests passed: 0 / 20": LineMeaning.NO,
    "Passed: 8 of 256": LineMeaning.NO,
    "Score: 8/256": LineMeaning.NO,
    "Score: 10/10": LineMeaning.YES,
    "Error: 0 + 3 gave 17": LineMeaning.NO,
    "Mismatch: 00000 (expected 00001)": LineMeaning.NO,
    "Failed: 0, expected 3": LineMeaning.NO,
    "failures: none": LineMeaning.YES,
    "No errors found": LineMeaning.YES,
    "without any error": LineMeaning.YES,
    "Test 1 passed": LineMeaning.YES,
    "Test 1 failed": LineMeaning.NO,
    "Test #3: PASS": LineMeaning.YES,
    "case 10 : failed": LineMeaning.NO,
    "0 mismatches in 100 samples": LineMeaning.YES,
    "Mismatches: 3 in 100 samples": LineMeaning.NO,
    "Time | In | Pass/Fail": LineMeaning.NOTHING,
    "Test failed: not equal": LineMeaning.NO,
    "test not passed": LineMeaning.NO,
    "Your Design Passed": LineMeaning.YES,
    "===========Error===========": LineMeaning.NO,
    "TEST PASSED": LineMeaning.YES,
    "*** 79 / 79 test cases completed successfully": LineMeaning.YES,
    "Pass rate: 100.0%": LineMeaning.YES,
    "Pass rate: 99.5 %": LineMeaning.NO,
    "100% passed": LineMeaning.YES,
    "*** PASSED ***": LineMeaning.YES,
    "✓ Test 1 PASSED: 0 + 0 + 0 = 0 (carry=0)": LineMeaning.YES,
    "✗ Test 1 FAILED": LineMeaning.NO,
    "Testing error injection": LineMeaning.NO,
    "Error at 35: y=0 expected 1": LineMeaning.NO,
    "a=3 b=4 sum=7 OK": LineMeaning.YES,
    "Total errors: 0 out of 16 tests": LineMeaning.YES,
    "Total: 16 tests, 16 passed, 0 failed": LineMeaning.YES,
    "Total: 16 tests, 15 passed, 1 failed": LineMeaning.NO,
    "checks=16 errors=0": LineMeaning.YES,
    "Number of errors: 0": LineMeaning.YES,
    "Errors found: 0": LineMeaning.YES,
    "Verification successful": LineMeaning.YES,
    "Simulation timeout!": LineMeaning.NO,
    "outputs match expected": LineMeaning.YES,
    "output does not match": LineMeaning.NO,
    "Test passed with 0 errors and 0 warnings": LineMeaning.YES,
    "1 test(s) failed": LineMeaning.NO,
    "0 test(s) failed": LineMeaning.YES,
    "All 16 tests passed successfully": LineMeaning.YES,
    "passed=16 failed=0": LineMeaning.YES,
    "FAIL=0": LineMeaning.YES,
    "FAILURES 0": LineMeaning.YES,
    "number of failing vectors = 0": LineMeaning.YES,
    "Hint: Total mismatched samples is 0 out of 3 samples": LineMeaning.YES,
    "Hint: Total mismatched samples is 2 out of 3 samples": LineMeaning.NO,
    '{"passed": 3, "failed": 0}': LineMeaning.YES,
    '{"passed": 2, "failed": 1}': LineMeaning.NO,
    '"status": "PASS"': LineMeaning.YES,
}


@pytest.mark.parametrize(("line", "says"), LINES.items())
def test_a_line_is_understood(line: str, says: LineMeaning) -> None:
    assert read_line(line).says is says


@pytest.mark.parametrize(("line", "says"), LINES.items())
def test_colours_and_blanks_change_nothing(line: str, says: LineMeaning) -> None:
    assert read_line(f"  \x1b[32m{line}\x1b[0m  ").says is says


@given(st.integers(1, 10**6), st.sampled_from(["errors = {}", "{} errors", "Failed: {}", "FAIL: {} PASS: 3"]))
def test_a_count_of_failures_is_a_failure(count: int, form: str) -> None:
    assert read_line(form.format(count)).says is LineMeaning.NO


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert read_line(text).says in set(LineMeaning)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_is_a_success_only_when_it_is_whole(part: int, whole: int) -> None:
    wanted = LineMeaning.YES if part == whole else LineMeaning.NO

    assert read_line(f"{part}/{whole} tests passed").says is wanted
    assert read_line(f"Passed: {part} of {whole}").says is wanted
