"""What a transcript says is read as the judge reads it, and no more than it says."""

import pytest

from ct_retrain.importers.reported_status import ended_well, status_of


@pytest.mark.parametrize(
    ("log", "status"),
    [
        ("TEST PASSED\n16 checks, 0 errors", "pass"),
        ("[PASS] a\n[FAIL] b", "fail"),
        ("Hint: Total mismatched samples is 0 out of 16 samples\nMismatches: 0 in 16 samples", "pass"),
        ("Hint: Output 'y' has no mismatches.\nMismatches: 3 in 16 samples", "fail"),
        ("Mismatches: 0 in 0 samples", "fail"),
        ("** TESTS=2 PASS=2 FAIL=0 SKIP=0  0.01 100.00 **", "pass"),
        ("** TESTS=2 PASS=1 FAIL=1 SKIP=0  0.01 100.00 **", "fail"),
        ("a.v:3: error: Unable to bind wire", "fail"),
        ("No top level modules, and no -s option.\n\n[exit code 1]", "fail"),
        ('{"stdout": "", "returncode": 2}', "fail"),
        ("TEST PASSED\n[exit code 0]", "pass"),
        ("bash: iverilog: command not found\nexit status 127", ""),
        ('{"passed": true}', "pass"),
        ('{"status": "pass", "stdout": "FAILED at 3"}', "fail"),
        ('{"status": "done"}', ""),
        ("VCD info: dumpfile wave.vcd opened", ""),
        ("", ""),
    ],
)
def test_a_log_says_how_a_simulation_ended_or_nothing(log: str, status: str) -> None:
    assert status_of(log) == status


@pytest.mark.parametrize(
    ("log", "well"),
    [
        ('{"exit_code": 0, "stdout": "VCD info: dumpfile wave.vcd opened\\nSimulation complete\\n"}', True),
        ("Simulation complete\n[exit code 0]", True),
        ('{"exit_code": 0, "stdout": "", "stderr": ""}', False),
        ("[exit code 0]", False),
        ('{"exit_code": 10, "stdout": "Simulation complete"}', False),
        ("Simulation complete", False),
    ],
)
def test_a_program_ended_well_if_its_exit_code_is_0_and_it_said_something(log: str, well: bool) -> None:
    assert ended_well(log) is well
