"""The texts of notices: pure functions from an event to a Notice.

The title states the outcome. The body states the reason, the figures, where to look and what to do next, on lines that
also read well in proportional fonts and without indentation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from ct_retrain.core.configuration.recipes import adoption
from ct_retrain.core.record import digest
from ct_retrain.core.records.arm import recipe_of_arm
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.dataset import told_apart
from ct_retrain.core.records.decision import Comparison
from ct_retrain.core.records.night import (
    CollectFacts,
    CurateFacts,
    Facts,
    NightOutcome,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.records.notice import Notice
from ct_retrain.core.rules.next_step import after
from ct_retrain.core.stage import StageName
from ct_retrain.nightly.records.inspection import FailedProblem
from ct_retrain.releases import night_of

_LEVELS = {
    NightOutcome.PUBLISHED: "info",
    NightOutcome.NOTHING_NEW: "info",
    NightOutcome.HELD: "warning",
    NightOutcome.REJECTED: "error",
}
_FIGURES = ("functional", "fsm")
_INCUMBENTS: dict[Literal["champion", "mainline"], str] = {"champion": "last nightly", "mainline": "mainline"}
_FILES = 5
"""Maximum number of gold and general data files named in a notice, of those with refused lines."""
_LONGEST = 2000
"""Maximum characters of an error message."""


class NoticeLinks(NamedTuple):
    """Where a reader finds more, relative to the workspace; empty if there is nothing."""

    record: str
    page: str = ""
    archive: str = ""
    failing: Sequence[FailedProblem] = ()
    left_out: Sequence[str] = ()
    """Problems that no arm was asked."""


def outcome(record: NightRecord, facts: Mapping[StageName, Facts], places: NoticeLinks) -> Notice:
    """Return the notice of a night that is over; *facts* are those of its stages whose manifests still exist.

    Its key contains no time, so a night that is run again with the same result is not reported twice.
    """
    told = record.model_dump(
        mode="json", include={"outcome", "reason", "metrics", "decision", "release", "relapse"}
    )
    collected = facts.get("collect")
    step = after(record, collected if isinstance(collected, CollectFacts) else None)
    lines = [
        record.reason,
        *_went_back(record),
        *_won(record),
        *_figures(record),
        *_data(record.night, facts),
        f"Serving: {record.latest or 'mainline'}",
        *_look(record, places),
        f"Next: {step}",
    ]
    name = record.outcome.value.replace("_", " ")
    back = f", rolled back to {record.relapse.target or 'mainline'}" if record.relapse else ""
    title = f"ct-retrain {record.night}: {name}{back}{_headline(record)}"
    level = "error" if record.relapse else _LEVELS[record.outcome]
    return _notice((record.night, "outcome", digest(told)[:16]), level, title, lines)


def breakdown(failure: Breakdown, page: str = "") -> Notice:
    """Return the notice of a night that broke; the same failure in a second try gives the same notice.

    *page* is the path of its page, relative to the workspace.
    """
    night, kind, said = failure.night, failure.kind, failure.said
    lines = [
        said[:_LONGEST] or kind,
        f"Stage: {failure.stage}",
        *([f"Last of the log:\n{chr(10).join(failure.log)}"] if failure.log else []),
        *([f"Page: {page}"] if page else []),
        f"Traceback: {failure.traceback}",
        f"Next: {failure.remedy}: {failure.again}",
    ]
    title = f"ct-retrain {night}: broken in {failure.stage}, {kind}"
    return _notice((night, "broken", digest(failure.stage, kind, said)[:16]), "error", title, lines)


def locked(night: str, holder: str) -> Notice:
    """Return the notice of a night that could not start, because *holder* holds the workspace's lock."""
    lines = [
        f"The night did not start, and nothing was changed: {holder} holds the workspace's lock.",
        "Next: nothing, if that process is running: a later try of the schedule starts the night; else see ct-retrain status",
    ]
    return _notice(
        (night, "locked", night), "warning", f"ct-retrain {night}: lock held, did not start", lines
    )


def disk_low(night: str, free: int, wanted: float, place: str) -> Notice:
    """Return the notice that less than *wanted* GB are free on the workspace's disk; the night continues."""
    lines = [
        f"{free / 1e9:.1f} GB are free at {place}, less than the {wanted:g} GB of notices.min_free_gb.",
        "The night continues; if the disk fills, it stops without losing anything and can be resumed.",
        "Next: free space; ct-retrain purge prints what may be deleted",
    ]
    return _notice((night, "disk", night), "warning", f"ct-retrain {night}: disk nearly full", lines)


def part_failed(night: str, part: str, reason: str) -> Notice:
    """Return the notice that a task after the night failed; the night's outcome stands."""
    lines = [
        reason[:_LONGEST],
        "The outcome of the night stands, and the next run tries the failed part again.",
        f"Next: correct what the error names; to try at once: ct-retrain run --night {night}",
    ]
    return _notice((night, f"part-{part}", night), "warning", f"ct-retrain {night}: {part} failed", lines)


def trial(night: str) -> Notice:
    """Return the notice that `ct-retrain notices test` sends."""
    lines = ["If you can read this, notices of ct-retrain reach you here.", "Next: nothing to do"]
    return _notice((night, "test", night), "info", "ct-retrain: a test of the notices", lines)


def _notice(identity: tuple[str, str, str], level: str, title: str, lines: Sequence[str]) -> Notice:
    night, subject, key = identity
    body = "\n".join([*lines, f"({night} {subject} {key})"])
    return Notice.model_validate(
        {"night": night, "subject": subject, "key": key, "level": level, "title": title, "body": body}
    )


def _comparisons(record: NightRecord) -> tuple[Comparison, ...]:
    return record.decision.evidence.comparisons if record.decision else ()


def _headline(record: NightRecord) -> str:
    """Return the figure that the title shows."""
    score = record.metrics.get(f"{record.arm}.functional")
    if score is None or not _comparisons(record):
        return ""
    first = _comparisons(record)[0]
    return f", {score:.1%} functional ({first.difference * 100:+.1f} points against {_INCUMBENTS[first.incumbent]})"


def _went_back(record: NightRecord) -> Iterator[str]:
    """Yield lines on an automatic rollback: why the night moved the pointer back, and how to undo or prevent it."""
    moved = record.relapse
    if moved is not None:
        again = night_of(moved.source)
        yield f"Rolled back from {moved.source} to {moved.target or 'mainline'}: {moved.why}"
        yield f"To serve it again: ct-retrain rollback {again}; to prevent automatic rollbacks: publish.auto_rollback = false"


def _won(record: NightRecord) -> Iterator[str]:
    """The challengers that have beaten the default recipe with this night, and what to do about it."""
    recipes = record.provenance.settings.get("train.challengers")
    for one in record.recipes:
        changes = recipes.get(one.challenger) if isinstance(recipes, dict) else None
        if one.reached == record.night and isinstance(changes, dict):
            yield one.told[:1].upper() + one.told[1:]
            yield (
                f"To make it the default recipe, take train.challengers.{one.challenger} out of the settings and set "
                + "; ".join(adoption(changes))
            )


def _figures(record: NightRecord) -> Iterator[str]:
    """Yield each figure of the arm decided on, and of each incumbent with the difference from it."""
    intervals = {one.incumbent: one for one in _comparisons(record)}
    for figure in _FIGURES:
        score = record.metrics.get(f"{record.arm}.{figure}")
        if score is None:
            continue
        told = [f"{recipe_of_arm(record.arm) or record.arm} {score:.1%}"]
        for arm, name in _INCUMBENTS.items():
            other = record.metrics.get(f"{arm}.{figure}")
            if other is None:
                continue
            one = intervals.get(arm)
            known = one is not None and figure == "functional"
            interval = (
                f", {one.confidence * 100:.3g}% interval {one.low * 100:+.1f} to {one.high * 100:+.1f}"
                if known and one
                else ""
            )
            told.append(f"{name} {other:.1%} ({(score - other) * 100:+.1f}{interval})")
        yield f"{figure.capitalize() if figure != 'fsm' else 'FSM'}: {'; '.join(told)}"


def _data(night: str, facts: Mapping[StageName, Facts]) -> Iterator[str]:
    """Yield what was collected, kept and refused, including gold sets and general data."""
    collected, curated = facts.get("collect"), facts.get("curate")
    told: list[str] = []
    if isinstance(collected, CollectFacts):
        told.append(f"{collected.collected} passing simulations collected{_refused(collected.rejected)}")
    if isinstance(curated, CurateFacts):
        told.append(
            f"{curated.examples} examples kept, {curated.new} of them new{_refused(curated.rejected)}"
        )
        told += filter(None, (curated.untried, curated.assured))
    if told:
        yield f"Data: {'; '.join(told)}"
    trained = facts.get("train")
    if isinstance(trained, TrainFacts) and trained.challenged:
        yield f"Challengers: {trained.challenged}"
    if isinstance(trained, TrainFacts) and trained.gold:
        yield trained.gold[:1].upper() + trained.gold[1:]
        lossy = [one.summary for one in told_apart(trained.files, trained.gold) if one.refused or one.unread]
        yield from lossy[:_FILES]
        if len(lossy) > _FILES:
            yield f"and {len(lossy) - _FILES} more files: ct-retrain show {night}"


def _refused(reasons: Mapping[str, int]) -> str:
    if not reasons:
        return ""
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return f", {sum(reasons.values())} refused ({', '.join(f'{count} {name}' for name, count in ordered)})"


def _look(record: NightRecord, places: NoticeLinks) -> Iterator[str]:
    named = [places.page, places.record, places.archive]
    yield f"Where to look: {', '.join(place for place in named if place)}"
    if record.outcome is not NightOutcome.NOTHING_NEW:
        yield f"Why in full: ct-retrain show {record.night}"
    for problem, where in places.failing:
        yield f"fails {problem}: {where}; log and diff: ct-retrain show {record.night} --problem {problem}"
    if places.left_out:
        yield f"left out for all arms: {', '.join(places.left_out)}"
