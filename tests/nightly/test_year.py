"""A year of nights with recorded adapters: what is kept grows with what is new, and every invariant holds at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

YEAR = Path(__file__).parents[2] / "benchmarks" / "year.py"
NIGHTS = int(os.environ.get("CT_TEST_NIGHTS", "365"))
"""How many the exhaustive run does."""


@pytest.mark.parametrize(
    "nights",
    [pytest.param(30, marks=pytest.mark.slow), pytest.param(NIGHTS, marks=pytest.mark.exhaustive)],
)
def test_nights_add_what_is_new_and_the_last_holds(nights: int, tmp_path: Path) -> None:
    """The benchmark ends with an error where `check` finds a breach or `verify` does not confirm a claim."""
    thirds = [nights // 3, 2 * nights // 3, nights]
    asked = [f"--nights={nights}", f"--directory={tmp_path}", "--retention=5", "--show", *map(str, thirds)]
    done = subprocess.run([sys.executable, YEAR, *asked], capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    assert done.returncode == 0, done.stderr
    assert [row["night"] for row in rows] == thirds
    for name in ("off-site MB", "work MB", "records MB", "reports MB", "all nights so far"):
        second, third = (rows[at + 1][name] - rows[at][name] for at in (0, 1))
        # A night that costs as much more as it has nights before it gives 5/3.
        assert third < 2 * second, f"{name} grows faster than the nights: {second:.2f}, then {third:.2f}"
