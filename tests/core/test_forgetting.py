"""What was won and lost is told apart, against every release that can be compared."""

from collections.abc import Mapping

from ct_retrain.core.record import Tool
from ct_retrain.core.records.problem import Estimate, Sampling, Scorecard
from ct_retrain.core.rules.forgetting import Flip, flips, forgotten

ESTIMATE = Estimate(value=0.5, low=0.4, high=0.6, problems=2, samples=8)


def card(passes: Mapping[str, int], samples: int = 4, suite: str = "0" * 64) -> Scorecard:
    return Scorecard(
        arm="candidate",
        model="m",
        model_digest="d",
        suite="s",
        suite_digest=suite,
        sampling=Sampling(samples=samples, temperature=0.6, top_p=0.9, max_new_tokens=9, seed=0),
        tools=(Tool(name="icarus", version="11"),),
        functional=ESTIMATE,
        pass_at_k={},
        categories={},
        outcomes={},
        compile_rate=1.0,
        finished_rate=1.0,
        passes=dict(passes),
    )


def test_what_was_won_and_lost_is_told_apart() -> None:
    found = list(flips(card({"a": 4, "b": 0, "c": 2}), {"monday": card({"a": 0, "b": 4, "c": 4})}))

    assert found == [
        Flip(release="monday", problem="a", change="won", before=0.0, now=1.0),
        Flip(release="monday", problem="b", change="lost", before=1.0, now=0.0),
    ]
    assert forgotten(found) == ("b",)


def test_a_skill_that_leaked_away_slowly_is_still_missed() -> None:
    releases = {
        "monday": card({"a": 4, "b": 4}),
        "tuesday": card({"a": 2, "b": 4}),
        "wednesday": card({"a": 1, "b": 4}),
    }
    found = list(flips(card({"a": 1, "b": 4}), releases))

    assert [(one.release, one.problem, one.change) for one in found] == [
        ("monday", "a", "lost"),
        ("tuesday", "a", "lost"),
    ]


def test_the_number_of_samples_may_differ_and_the_suite_may_not() -> None:
    candidate = card({"a": 10}, samples=10)

    assert list(flips(candidate, {"fewer": card({"a": 0}, samples=2)}))
    assert not list(flips(candidate, {"other": card({"a": 0}, suite="1" * 64)}))
