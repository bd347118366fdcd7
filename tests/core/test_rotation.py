"""Who is trained tonight: those that waited longest, as many as the minutes allow, and a reason for everybody else."""

from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.rules.rotation import ChallengerTurn, choose_challengers

OLD, NEW = "2026-01-01", "2026-01-02"
TURNS = st.lists(
    st.builds(
        ChallengerTurn,
        st.sampled_from([f"c{number}" for number in range(6)]),
        st.sampled_from([None, OLD, NEW, "2026-01-02.2", "2026-01-02.10"]),
        st.none() | st.floats(0, 7200),
        st.none() | st.integers(0, 10**9),
    ),
    unique_by=lambda turn: turn.name,
)


def test_who_never_ran_goes_first_then_who_waited_longest() -> None:
    turns = [
        ChallengerTurn("b", NEW, 60),
        ChallengerTurn("c", OLD, 60),
        ChallengerTurn("d", None, 60),
        ChallengerTurn("a", None, 60),
    ]
    assert choose_challengers(turns, 0).chosen == ("a", "d", "c", "b")


def test_nights_of_one_date_are_in_order_of_their_number() -> None:
    turns = [ChallengerTurn("a", "2026-01-02.10", 60), ChallengerTurn("b", "2026-01-02.9", 60)]
    assert choose_challengers(turns, 0).chosen == ("b", "a")


def test_one_that_does_not_fit_waits_and_a_shorter_one_takes_its_place() -> None:
    turns = [ChallengerTurn("a", None, 1800), ChallengerTurn("b", OLD, 2400), ChallengerTurn("c", NEW, 1200)]
    found = choose_challengers(turns, 60)
    assert found.chosen == ("a", "c")
    assert found.waiting == {
        "b": "it takes about 40 minutes, and 30 of the 60 minutes of train.challenger_minutes are left tonight"
    }


def test_one_that_needs_more_than_a_night_is_told_so() -> None:
    found = choose_challengers([ChallengerTurn("a", None, 3660), ChallengerTurn("b", OLD, 60)], 60)
    assert found.chosen == ("b",)
    assert "never trained until that is raised" in found.waiting["a"]


def test_one_whose_duration_nobody_knows_goes_alone() -> None:
    found = choose_challengers(
        [ChallengerTurn("a", None, None), ChallengerTurn("b", None, None), ChallengerTurn("c", OLD, 1)], 60
    )
    assert found.chosen == ("a",)
    assert set(found.waiting) == {"b", "c"}


def test_one_whose_tokens_nobody_knows_goes_alone() -> None:
    found = choose_challengers(
        [ChallengerTurn("a", None, 60, None), ChallengerTurn("b", None, 60, 10)], 60, 1000
    )
    assert found.chosen == ("a",)
    assert found.waiting == {
        "b": "it takes about 10 tokens, and 0 of the 1,000 tokens of train.challenger_tokens are left tonight"
    }


def test_both_budgets_hold_and_the_reason_names_the_one_that_is_spent() -> None:
    turns = [
        ChallengerTurn("a", None, 60, 900_000),
        ChallengerTurn("b", OLD, 60, 200_000),
        ChallengerTurn("c", NEW, 60, 2_000_000),
    ]
    found = choose_challengers(turns, 60, 1_000_000)
    assert found.chosen == ("a",)
    assert found.waiting == {
        "b": "it takes about 200,000 tokens, and 100,000 of the 1,000,000 tokens of train.challenger_tokens are left tonight",
        "c": "it takes about 2,000,000 tokens, and train.challenger_tokens is 1,000,000: it is never trained until that is raised",
    }
    assert choose_challengers(turns, 2).chosen == ("a", "b")


@given(TURNS, st.just(0.0) | st.floats(0.1, 100), st.integers(0, 10**9))
def test_the_budgets_hold_and_nobody_is_dropped_in_silence(
    turns: list[ChallengerTurn], minutes: float, tokens: int
) -> None:
    found = choose_challengers(turns, minutes, tokens)
    known = {turn.name: turn for turn in turns}

    seconds = sum(known[name].seconds or 0.0 for name in found.chosen)
    assert not minutes or seconds <= minutes * 60 + 1e-6
    assert not tokens or sum(known[name].tokens or 0 for name in found.chosen) <= tokens
    assert sorted([*found.chosen, *found.waiting]) == sorted(known)


@given(st.lists(st.floats(60, 3000), min_size=1, max_size=5))
def test_everybody_who_fits_into_a_night_gets_a_turn(durations: list[float]) -> None:
    """Over as many nights as there are challengers."""
    last: dict[str, str | None] = {f"c{number}": None for number in range(len(durations))}
    for night in range(1, len(durations) + 1):
        turns = [ChallengerTurn(name, when, durations[int(name[1:])]) for name, when in last.items()]
        last |= dict.fromkeys(choose_challengers(turns, 50).chosen, f"2026-01-{night:02}")
    assert None not in last.values()
