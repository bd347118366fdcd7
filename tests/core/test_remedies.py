"""Every reason of a refusal that the reference pages name has words for what mends it."""

import re
from pathlib import Path

import pytest

from ct_retrain.core.rules.remedies import REMEDIES, remedy_of

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def named(page: str, heading: str) -> set[str]:
    """First cells of the table that follows *heading*."""
    text = (REFERENCE / page).read_text().partition(heading)[2]
    rows = re.findall(r"^\| (`[^|]+`[^|]*)\|", text.partition("\n## ")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


@pytest.mark.parametrize(("page", "first"), [("trace.md", "malformed_json"), ("dataset.md", "superseded")])
def test_every_reason_has_a_mend(page: str, first: str) -> None:
    text = (REFERENCE / page).read_text()
    heading = text[: text.index(f"`{first}`")].rpartition("\n## ")[2].partition("\n")[0]
    reasons = named(page, heading) - {"contaminated_"}

    assert first in reasons
    assert {reason for reason in reasons if not remedy_of(reason)} == set()
    assert remedy_of("contaminated_wording")
    assert all(words == words.strip() and words for words in REMEDIES.values())
