"""What is kept of a comparison never changes its result: whether known, forgotten, damaged or made by other code."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.decontamination.problems import ASKED, COURT, GATE, GATE_ASKED, MAJORITY, NEUTRAL, problem, suite
from tests.decontamination.test_clusters import OTHER, rom

from ct_retrain.core.records.problem import Suite
from ct_retrain.decontamination import findings
from ct_retrain.decontamination.clusters import Clusters
from ct_retrain.decontamination.comparer import ComparedRows, Comparer, ComparisonLimits
from ct_retrain.decontamination.protected import References
from ct_retrain.decontamination.texts import Candidate
from ct_retrain.judge.simulators.cached import Cache

QUESTIONS = (NEUTRAL, ASKED, GATE_ASKED, f"{NEUTRAL} {ASKED}", "")
ANSWERS = (MAJORITY, GATE, rom(1), rom(2), OTHER, "Hello.", MAJORITY.replace("majority", "jury"), "module")
ROWS = st.lists(
    st.builds(Candidate, st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS), st.just("gold")), max_size=6
)
OTHERS = suite(problem("majority", ASKED, rom(3)), name="other court")
PORTS = "module any(input p, input q, output r);\n  assign r = p | q;\nendmodule\n"

Outcome = tuple[ComparedRows, list[tuple[int, ...]], list[int]]


def outcome(
    rows: list[Candidate], cache: Cache | None, similarity: float = 0.5, suites: tuple[Suite, ...] = (COURT,)
) -> Outcome:
    """Everything that a comparison says, and the clusters of its designs."""
    clusters, told = Clusters(0.8), list[int]()

    def tell(number: int, sketch: bytes) -> None:
        told.append(number)
        clusters.add(number, sketch)

    limits = ComparisonLimits(similarity, 1000, 100)
    compared = Comparer(References(suites), limits, cache=cache).compare(rows, tell)
    return compared, clusters.groups(), told


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("a text is read again")

    monkeypatch.setattr("ct_retrain.decontamination.texts.read_rtl", read)


@given(ROWS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_known_and_unknown_rows_give_the_same(tmp_path: Path, rows: list[Candidate]) -> None:
    cache = Cache(tmp_path / "c", 16)
    fresh = outcome(rows, None)

    assert outcome(rows, cache) == fresh
    assert outcome(rows[::-1], cache) == outcome(rows[::-1], None)
    assert outcome(rows, Cache(tmp_path / "c", 16)) == fresh


def test_what_is_known_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Candidate(NEUTRAL, answer, "gold") for answer in (*ANSWERS, PORTS)]
    first = outcome(rows, Cache(tmp_path / "c", 16))
    unread(monkeypatch)

    assert outcome(rows, Cache(tmp_path / "c", 16)) == first
    with pytest.raises(AssertionError, match="read again"):
        outcome([Candidate(NEUTRAL, rom(9), "gold")], Cache(tmp_path / "c", 16))


@pytest.mark.parametrize("changed", ["code", "suites", "similarity"])
def test_what_other_code_suites_or_limits_found_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    rows, path = [Candidate(NEUTRAL, MAJORITY, "gold")], tmp_path / "c"
    outcome(rows, Cache(path, 16))
    if changed == "code":
        other = findings.reader().model_copy(update={"detail": "changed"})
        monkeypatch.setattr(findings, "reader", lambda: other)
    suites = (COURT, OTHERS) if changed == "suites" else (COURT,)
    similarity = 0.6 if changed == "similarity" else 0.5

    unread(monkeypatch)
    with pytest.raises(AssertionError, match="read again"):
        outcome(rows, Cache(path, 16), similarity, suites)


def test_another_suite_of_the_same_size_changes_the_answer(tmp_path: Path) -> None:
    rows, cache = [Candidate(NEUTRAL, MAJORITY, "gold")], Cache(tmp_path / "c", 16)

    assert set(outcome(rows, cache)[0].matches) == {0}
    assert outcome(rows, cache, suites=(OTHERS,)) == outcome(rows, None, suites=(OTHERS,))


@given(ROWS, st.integers(0, 2**32))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_entry_is_no_answer(tmp_path: Path, rows: list[Candidate], seed: int) -> None:
    path, chance = tmp_path / "c", random.Random(seed)
    outcome(rows, Cache(path, 16))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for key, text in file.execute("select key, verdict from verdicts").fetchall():
            at = chance.randrange(len(text))
            damaged = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
            file.execute("update verdicts set verdict = ? where key = ?", (damaged, key))

    assert outcome(rows, Cache(path, 16)) == outcome(rows, None)


def test_entries_that_changed_places_are_no_answers(tmp_path: Path) -> None:
    rows, path = [Candidate(NEUTRAL, answer, "gold") for answer in (MAJORITY, OTHER)], tmp_path / "c"
    outcome(rows, Cache(path, 16))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        (one, first), (other, second) = file.execute("select key, verdict from verdicts").fetchall()
        for pair in ((second, one), (first, other)):
            file.execute("update verdicts set verdict = ? where key = ?", pair)

    assert outcome(rows, Cache(path, 16)) == outcome(rows, None)


@given(st.integers(0, 2**32))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_other_bytes_costs_only_time(tmp_path: Path, seed: int) -> None:
    rows, path = [Candidate(NEUTRAL, answer, "gold") for answer in ANSWERS[:3]], tmp_path / "c"
    cache, chance = Cache(path, 16), random.Random(seed)
    outcome(rows, cache)
    data = bytearray(path.read_bytes())
    for _ in range(chance.randrange(1, 200)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(bytes(data[: chance.randrange(1, len(data) + 1)]))

    assert outcome(rows, Cache(path, 16)) == outcome(rows, None)


def test_the_code_that_reads_is_identified_by_all_of_it() -> None:
    """What the rooms import from elsewhere changes no finding: records, files, and who judges."""
    package = Path(findings.__file__).parents[1]
    ground = ("core.errors", "core.ports", "core.progress", "core.record", "disk")
    harmless = (*ground, "judge.fanout", "judge.simulators.cached", "suites.load")
    rooms = tuple(room.replace("/", ".") for room in findings.ROOMS)
    sources = [path for room in findings.ROOMS for path in (package / room).rglob("*.py")]
    imported = {
        name
        for path in sources
        for name in re.findall(r"^from ct_retrain\.(\S+)", path.read_text(), re.MULTILINE)
    }

    assert sources
    assert {name for name in imported if not name.startswith((*rooms, *harmless))} <= {
        "core.configuration.settings",
    }
