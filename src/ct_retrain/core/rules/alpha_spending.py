"""How much of α each look at an experiment may use, so that looking early and going on later are both paid for.

The shares of all looks there can ever be add up to at most α. By the union bound the chance that any interval of any
look misses is then at most α, however the looks depend on each other, whatever is stopped after one of them, and
however often somebody changes the experiment and goes on.
"""

_FIRST, _NEXT = 0.8, 0.2
"""Round i may use 0.8 · 0.2^i of α: these add up to 1."""
_EARLY = 0.1
"""Share of a round that its early looks divide among them; the last look, which sees most, has the rest."""
FEWEST = 2
"""Trainings an arm from which on there is a look: from one nobody knows how much the next would differ."""


def spent(alpha: float, turn: int, seeds: int, target: int) -> float:
    """What the look after *seeds* of *target* trainings an arm may use of *alpha*, in the round number *turn*.

    Raise ValueError for a look that is none.
    """
    if not FEWEST <= seeds <= target:
        message = f"there is no look after {seeds} of {target} trainings"
        raise ValueError(message)
    of_round = alpha * _FIRST * _NEXT**turn
    early = target - FEWEST
    if seeds < target:
        return of_round * _EARLY / early
    return of_round * (1 - _EARLY if early else 1.0)
