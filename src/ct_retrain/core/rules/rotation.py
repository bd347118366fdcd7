"""Which challengers are trained tonight: those that waited longest, as many as the night's minutes and tokens allow."""

from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.core.records.arm import RecipeName
from ct_retrain.core.records.night import NightId, night_order


class ChallengerTurn(NamedTuple):
    """A challenger, when it was trained last, and what that is expected to take."""

    name: RecipeName
    last: NightId | None
    """None if it never was."""
    seconds: float | None
    """None if nobody knows."""
    tokens: int | None = None
    """Tokens read in training; None if nobody knows."""


class ChallengerChoice(NamedTuple):
    """Who is trained tonight, and why the others are not."""

    chosen: tuple[RecipeName, ...]
    waiting: dict[RecipeName, str]


class _Budget(NamedTuple):
    """What a night may spend of one thing on challengers."""

    unit: str
    """Also the setting: `train.challenger_<unit>`."""
    amount: float

    def cost(self, turn: ChallengerTurn) -> float | None:
        """Return what *turn* takes of it; None if nobody knows."""
        if self.unit == "tokens":
            return turn.tokens
        return None if turn.seconds is None else turn.seconds / 60

    def after(self, turn: ChallengerTurn, left: float) -> float:
        """Return what remains of *left* once *turn* is trained: nothing, if nobody knows what it takes."""
        cost = self.cost(turn)
        return 0.0 if cost is None else left - cost

    def why_not(self, turn: ChallengerTurn, left: float, *, alone: bool) -> str:
        """Return why *turn* cannot be had for what is *left*; empty if it can, as one nobody knows can *alone*."""
        cost = self.cost(turn)
        if cost is None:
            how = "long it takes" if self.unit == "minutes" else "many tokens it takes"
            return "" if alone else f"how {how} is not known yet, so it is trained on a night alone"
        if cost <= left:
            return ""
        takes, most = f"it takes about {cost:,.0f} {self.unit}", f"{self.amount:,.15g}"
        if cost > self.amount:
            return f"{takes}, and train.challenger_{self.unit} is {most}: it is never trained until that is raised"
        return f"{takes}, and {left:,.0f} of the {most} {self.unit} of train.challenger_{self.unit} are left tonight"


def choose_challengers(turns: Sequence[ChallengerTurn], minutes: float, tokens: int = 0) -> ChallengerChoice:
    """Choose among *turns* what *minutes* and *tokens* of training allow, in order of the last time; 0 is no limit.

    One of which nobody knows what it takes goes alone. One that does not fit into what is left waits, and comes first
    as soon as it has waited longest; one that needs more than a whole night's never runs, and the reason says so.
    """
    left: dict[_Budget, float] = {
        one: one.amount for one in (_Budget("minutes", minutes), _Budget("tokens", tokens)) if one.amount
    }
    chosen: list[RecipeName] = []
    waiting: dict[RecipeName, str] = {}
    for turn in sorted(turns, key=_waited):
        reasons = (one.why_not(turn, rest, alone=not chosen) for one, rest in left.items())
        why = next((one for one in reasons if one), "")
        if why:
            waiting[turn.name] = why
            continue
        chosen.append(turn.name)
        left = {one: one.after(turn, rest) for one, rest in left.items()}
    return ChallengerChoice(tuple(chosen), waiting)


def _waited(turn: ChallengerTurn) -> tuple[bool, tuple[str, int], str]:
    return turn.last is not None, night_order(turn.last or ""), turn.name
