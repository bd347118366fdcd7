"""Thoughts and answers have limits of their own, and the window of the model is the last one."""

from collections.abc import Sequence

from ct_retrain.adapters._token_budget import AnswerBudget
from ct_retrain.core.records.problem import Sampling

WORDS = {1: "<", 2: "think", 3: ">", 4: "</", 5: "hm ", 6: "assign "}
OPEN, CLOSE = [1, 2, 3], [4, 2, 3]


def drawn(
    ids: list[int], room: int | None = None, opened: str = "", *, answer: int = 10, thinking: int = 20
) -> int:
    """How many of *ids* are drawn before the answer is cut; all of them where it is not."""
    sampling = Sampling(
        samples=1, temperature=0, top_p=1, max_new_tokens=answer, max_thinking_tokens=thinking, seed=0
    )

    def text(some: Sequence[int]) -> str:
        return opened + "".join(WORDS[one] for one in some)

    ration = AnswerBudget(sampling, room, text)
    return next((count for count in range(1, len(ids) + 1) if ration.spent(ids[:count])), len(ids) + 1)


def test_an_answer_without_thoughts_has_its_own_limit_alone() -> None:
    assert drawn([6] * 50) == 10
    assert drawn([6] * 50, thinking=0) == 10


def test_an_answer_that_follows_a_thought_has_all_of_its_limit() -> None:
    assert drawn([*OPEN, *[5] * 8, *CLOSE, *[6] * 50]) == 3 + 8 + 3 + 10
    assert drawn([*[5] * 9, *CLOSE, *[6] * 50], opened="<think>\n") == 9 + 3 + 10


def test_a_thought_may_take_both_limits_and_no_more() -> None:
    assert drawn([*OPEN, *[5] * 50]) == 30
    assert drawn([*OPEN, *[5] * 22, *CLOSE, *[6] * 50]) == 30


def test_without_a_limit_of_their_own_thoughts_share_that_of_the_answer() -> None:
    assert drawn([*OPEN, *[5] * 50], thinking=0) == 10


def test_the_window_ends_thoughts_and_answers() -> None:
    assert drawn([*OPEN, *[5] * 50], room=12) == 12
    assert drawn([6] * 50, room=4) == 4
