"""Two nights side by side: the gate's own statistics, problems won and lost, and what else differs."""

import json
from collections.abc import Mapping

import pytest
from tests.report.nights import HELD, NOTHING, PUBLISHED, REJECTED
from tests.small_workspace import SmallWorkspace

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import BenchmarkFacts, Manifest
from ct_retrain.core.rules.statistics import Resampling, paired
from ct_retrain.manifests import facts_of
from ct_retrain.nightly.records.index import record_of
from ct_retrain.report.comparison import NightComparison, compare_nights
from ct_retrain.report.comparison_page import write_comparison


def compared(small: SmallWorkspace, first: str, second: str) -> NightComparison:
    ask = (record_of(small.workspace, night) for night in (first, second))
    return compare_nights(small.workspace, small.settings.gate, *ask)


def test_the_difference_is_that_of_the_gates_statistics(nights: SmallWorkspace) -> None:
    found = compared(nights, PUBLISHED, REJECTED)
    cards = [
        facts.decided
        for night in (REJECTED, PUBLISHED)
        if (facts := facts_of(nights.workspace, record_of(nights.workspace, night), BenchmarkFacts))
    ]
    ours, theirs = (dict(card.passes) for card in cards if card)
    gate = nights.settings.gate
    whole = paired(ours, theirs, 2, Resampling(gate.confidence, gate.bootstrap, gate.seed))

    assert found.difference is not None
    assert (found.difference.value, found.difference.low, found.difference.high) == (
        whole.difference,
        whole.low,
        whole.high,
    )
    assert {one.problem for one in found.lost} == {name for name in ours if ours[name] < theirs[name]}
    assert found.won == ()
    back = compared(nights, REJECTED, PUBLISHED)
    assert [one.problem for one in back.won] == [one.problem for one in found.lost]


def test_settings_that_differ_are_named_with_both_values(nights: SmallWorkspace) -> None:
    first, second = (record_of(nights.workspace, night) for night in (PUBLISHED, HELD))
    told = [
        record.model_copy(update={"provenance": record.provenance.model_copy(update={"settings": settings})})
        for record, settings in ((first, {"a": 1, "b": "x"}), (second, {"a": 2, "b": "x", "c": [3]}))
    ]
    gate = nights.settings.gate

    assert compare_nights(nights.workspace, gate, *told).settings == {"a": (1, 2), "c": (None, [3])}
    assert compare_nights(nights.workspace, gate, told[0], told[0]).settings == {}


def test_a_night_that_was_not_measured_is_refused(nights: SmallWorkspace) -> None:
    with pytest.raises(UsageError, match="was not measured: Nothing new"):
        compared(nights, PUBLISHED, NOTHING)


def remeasured(small: SmallWorkspace, sampling: Mapping[str, int] | None = None, **card: object) -> None:
    """Let the scorecards of the rejected night say another *sampling*, and other values of *card*."""
    record = record_of(small.workspace, REJECTED)
    ref = next(one for one in record.stages if one.stage == "benchmark")
    path = small.workspace.root / ref.path
    manifest = disk.read_record(path, Manifest)
    assert isinstance(manifest.facts, BenchmarkFacts)
    more = [
        one.model_copy(update={"sampling": one.sampling.model_copy(update=sampling), **card})
        for one in manifest.facts.scorecards
    ]
    facts = manifest.facts.model_copy(update={"scorecards": tuple(more)})
    path.chmod(0o644)
    disk.write_record(path, manifest.model_copy(update={"facts": facts}))


def test_another_number_of_answers_or_another_suite_is_told(small: SmallWorkspace) -> None:
    remeasured(small, {"samples": 4}, suite_digest="f" * 64)
    found = compared(small, PUBLISHED, REJECTED)

    assert found.difference is None
    assert "2 and 4 answers" in found.why_none
    assert "was changed in between" in found.cautions[0]


def test_other_sampling_is_told_reasoning_too(small: SmallWorkspace) -> None:
    remeasured(small, {"max_thinking_tokens": 512})

    assert compared(small, PUBLISHED, REJECTED).cautions == (
        "the second night drew its answers with max_thinking_tokens 512 instead of 0",
    )


def test_another_judge_is_told_by_what_it_has(small: SmallWorkspace) -> None:
    assert compared(small, PUBLISHED, REJECTED).cautions == ()
    remeasured(small, tools=(Tool(name="naive", version="1", detail="cpu_seconds 9"),))

    (said,) = compared(small, PUBLISHED, REJECTED).cautions
    assert said.startswith("the second night was measured with naive 1 instead of ")


def test_terminal_json_and_page_say_the_same(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(small.workspace.root)
    assert call(["-C", root, "compare", PUBLISHED, REJECTED, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert call(["-C", root, "compare", PUBLISHED, REJECTED]) == 0
    words = capsys.readouterr().out
    page = write_comparison(small.workspace, compared(small, PUBLISHED, REJECTED)).read_text()

    assert told["difference"]["value"] == -0.75
    for text in (words, page):
        assert f"{REJECTED} is worse than {PUBLISHED}: −75.0 pp" in text
        assert "flip_7" in text
