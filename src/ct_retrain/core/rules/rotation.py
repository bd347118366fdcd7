"""Which challengers are trained tonight: those that waited longest, as many as the night's minutes allow."""

from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.core.records.arm import RecipeName
from ct_retrain.core.records.night import NightId, night_order


class ChallengerTurn(NamedTuple):
    """A challenger, when it was trained last, and how long that is expected to take."""

    name: RecipeName
    last: NightId | None
    """None if it never was."""
    seconds: float | None
    """None if nobody knows."""


class ChallengerChoice(NamedTuple):
    """Who is trained tonight, and why the others are not."""

    chosen: tuple[RecipeName, ...]
    waiting: dict[RecipeName, str]


def choose_challengers(turns: Sequence[ChallengerTurn], minutes: float) -> ChallengerChoice:
    """Choose among *turns* what *minutes* of training allow, in order of the last time; 0 minutes is no limit.

    One whose duration nobody knows goes alone. One that does not fit into what is left waits, and comes first as soon
    as it has waited longest; one that needs more than a whole night's minutes never runs, and the reason says so.
    """
    ordered = sorted(turns, key=_waited)
    if minutes == 0:
        return ChallengerChoice(tuple(one.name for one in ordered), {})
    chosen: list[RecipeName] = []
    waiting: dict[RecipeName, str] = {}
    left = minutes * 60
    for one in ordered:
        why = _why_not(one, left, minutes, alone=not chosen)
        if why:
            waiting[one.name] = why
            continue
        chosen.append(one.name)
        left = 0.0 if one.seconds is None else left - one.seconds
    return ChallengerChoice(tuple(chosen), waiting)


def _waited(turn: ChallengerTurn) -> tuple[bool, tuple[str, int], str]:
    return turn.last is not None, night_order(turn.last or ""), turn.name


def _why_not(turn: ChallengerTurn, left: float, minutes: float, *, alone: bool) -> str:
    if turn.seconds is None:
        return "" if alone else "how long it takes is not known yet, so it is trained on a night alone"
    if turn.seconds <= left:
        return ""
    takes = f"it takes about {turn.seconds / 60:.0f} minutes"
    if turn.seconds > minutes * 60:
        return (
            f"{takes}, and train.challenger_minutes is {minutes:g}: it is never trained until that is raised"
        )
    return f"{takes}, and {left / 60:.0f} of the {minutes:g} minutes of train.challenger_minutes are left tonight"
