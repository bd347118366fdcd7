"""Lines as testbenches print them, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.judge.reading.words import Says, read_line

LINES = {
    "errors = 0": Says.YES,
    "ERRORS:    0": Says.YES,
    "error_count=0": Says.YES,
    "Failed tests: 0": Says.YES,
    "Tests failed: 3": Says.NO,
    "PASS: 20 FAIL: 0": Says.YES,
    "PASS: 19 FAIL: 1": Says.NO,
    "Tests: 5 | Pass: 5 | Fail: 0": Says.YES,
    "Tests: 5 | Pass: 4 | Fail: 1": Says.NO,
    "Passed:     4": Says.YES,
    "  Failed:     0": Says.YES,
    "Simulation finished with 0 errors": Says.YES,
    "Simulation finished with 2 errors.": Says.NO,
    "All tests passed": Says.YES,
    "ALL TESTS PASSED! (no errors)": Says.YES,
    "[PASS] Reset test passed": Says.YES,
    "[FAIL] reset test": Says.NO,
    "Status: SOME TESTS FAILED ✗": Says.NO,
    "8/256 tests passed": Says.NO,
    "256/256 tests passed": Says.YES,
    "Tests passed: 20 / 20": Says.YES,
    "Tests passed: 0 / 20": Says.NO,
    "Passed: 8 of 256": Says.NO,
    "Score: 8/256": Says.NO,
    "Score: 10/10": Says.YES,
    "Error: 0 + 3 gave 17": Says.NO,
    "Mismatch: 00000 (expected 00001)": Says.NO,
    "Failed: 0, expected 3": Says.NO,
    "failures: none": Says.YES,
    "No errors found": Says.YES,
    "without any error": Says.YES,
    "Test 1 passed": Says.YES,
    "Test 1 failed": Says.NO,
    "Test #3: PASS": Says.YES,
    "case 10 : failed": Says.NO,
    "0 mismatches in 100 samples": Says.YES,
    "Mismatches: 3 in 100 samples": Says.NO,
    "Time | In | Pass/Fail": Says.NOTHING,
    "Test failed: not equal": Says.NO,
    "test not passed": Says.NO,
    "Your Design Passed": Says.YES,
    "===========Error===========": Says.NO,
    "TEST PASSED": Says.YES,
    "*** 79 / 79 test cases completed successfully": Says.YES,
    "Pass rate: 100.0%": Says.YES,
    "Pass rate: 99.5 %": Says.NO,
    "100% passed": Says.YES,
    "*** PASSED ***": Says.YES,
    "✓ Test 1 PASSED: 0 + 0 + 0 = 0 (carry=0)": Says.YES,
    "✗ Test 1 FAILED": Says.NO,
    "Testing error injection": Says.NO,
    "Error at 35: y=0 expected 1": Says.NO,
    "a=3 b=4 sum=7 OK": Says.YES,
    "Total errors: 0 out of 16 tests": Says.YES,
    "Total: 16 tests, 16 passed, 0 failed": Says.YES,
    "Total: 16 tests, 15 passed, 1 failed": Says.NO,
    "checks=16 errors=0": Says.YES,
    "Number of errors: 0": Says.YES,
    "Errors found: 0": Says.YES,
    "Verification successful": Says.YES,
    "Simulation timeout!": Says.NO,
    "outputs match expected": Says.YES,
    "output does not match": Says.NO,
    "Test passed with 0 errors and 0 warnings": Says.YES,
    "1 test(s) failed": Says.NO,
    "0 test(s) failed": Says.YES,
    "All 16 tests passed successfully": Says.YES,
    "passed=16 failed=0": Says.YES,
    "FAIL=0": Says.YES,
    "FAILURES 0": Says.YES,
    "number of failing vectors = 0": Says.YES,
}


@pytest.mark.parametrize(("line", "says"), LINES.items())
def test_a_line_is_understood(line: str, says: Says) -> None:
    assert read_line(line).says is says


@pytest.mark.parametrize(("line", "says"), LINES.items())
def test_colours_and_blanks_change_nothing(line: str, says: Says) -> None:
    assert read_line(f"  \x1b[32m{line}\x1b[0m  ").says is says


@given(st.integers(1, 10**6), st.sampled_from(["errors = {}", "{} errors", "Failed: {}", "FAIL: {} PASS: 3"]))
def test_a_count_of_failures_is_a_failure(count: int, form: str) -> None:
    assert read_line(form.format(count)).says is Says.NO


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert read_line(text).says in set(Says)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_is_a_success_only_when_it_is_whole(part: int, whole: int) -> None:
    wanted = Says.YES if part == whole else Says.NO

    assert read_line(f"{part}/{whole} tests passed").says is wanted
    assert read_line(f"Passed: {part} of {whole}").says is wanted
