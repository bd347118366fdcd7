"""Rolls back to an earlier release or mainline: on request, or if a night finds the served release worse than
mainline.

A release is compared byte by byte with its manifest and loaded before the pointer moves to it. Mainline needs neither.
"""

from collections.abc import Sequence

import structlog

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.ports import Generators
from ct_retrain.core.records.night import AutoRollback, BenchmarkFacts, Manifest
from ct_retrain.core.rules.auto_rollback import worse
from ct_retrain.core.rules.interim_looks import looks
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.night import Night
from ct_retrain.releases import (
    MoveReason,
    earlier,
    latest,
    move_latest,
    moves_of,
    predecessor,
    release_name,
    verified,
)

RELAPSE = "relapse.json"
"""File with a night's decision to roll back, written before the pointer moves, so that it is not decided twice."""
_LOG = structlog.get_logger("ct_retrain.nightly")


def roll_back(workspace: Workspace, generators: Generators, night: str | None, because: str) -> str | None:
    """Serve the release of *night* again, or if None the one served before; return its name, None for mainline.

    Raise UsageError or CorruptStateError if the release is missing or changed, and ToolError if it does not load; then
    nothing is moved.
    """
    models = workspace.models
    name = release_name(night) if night else predecessor(models)
    if name is not None:
        _LOG.info("comparing every byte of the release, and loading it", release=name)
        verified(models, name)
        generators.open(models / name)
    move_latest(models, name, MoveReason(night, because, "rollback"))
    return name


def roll_back_to_mainline(workspace: Workspace, because: str) -> None:
    """Serve mainline: remove the pointer, and record that in the history."""
    move_latest(workspace.models, None, MoveReason(None, because, "rollback"))


def roll_back_if_worse(night: Night, done: Sequence[Manifest]) -> AutoRollback | None:
    """Roll back the served release if tonight's benchmark shows it surely worse than mainline; once per night.

    Return None if it does not, if `publish.auto_rollback` is off, or if a person has moved the pointer since.
    """
    note = night.directory / RELAPSE
    if not note.exists():
        found = _found(night, done)
        if found is None:
            return None
        disk.write_record(note, found)
    decided = disk.read_record(note, AutoRollback)
    models, name = night.workspace.models, night.plan.night
    moves = moves_of(models)
    if not any((move.night, move.who) == (name, "relapse") for move in moves):
        if moves and moves[-1].target != decided.source:
            return None
        move_latest(models, decided.target, MoveReason(name, decided.why, "relapse"))
    return decided


def _found(night: Night, done: Sequence[Manifest]) -> AutoRollback | None:
    models, champion = night.workspace.models, night.plan.champion
    facts = next((one.facts for one in done if isinstance(one.facts, BenchmarkFacts)), None)
    if not night.settings.publish.auto_rollback or champion is None or latest(models) != champion:
        return None
    if facts is None or not facts.scorecards:
        return None
    samples = facts.scorecards[0].sampling.samples
    gates = {look.samples: look.gate for look in looks(night.settings.benchmark, night.settings.gate)}
    why = worse(facts.scorecards, gates.get(samples, night.settings.gate))
    if not why:
        return None
    return AutoRollback(source=champion, target=_target(night, champion), why=why)


def _target(night: Night, champion: str) -> str | None:
    """Return the newest release before *champion* that was not rolled back, is intact and loads; else mainline."""
    models = night.workspace.models
    for name in earlier(moves_of(models), champion):
        if _serves(night.ports.generators, night.workspace, name, champion):
            return name
    return None


def _serves(generators: Generators, workspace: Workspace, name: str, champion: str) -> bool:
    """Whether *name* is intact and loads.

    If the champion, which loaded tonight, does not load either, that says nothing about *name*: raise ToolError.
    """
    try:
        verified(workspace.models, name)
        generators.open(workspace.models / name)
    except ToolError as error:
        generators.open(workspace.models / champion)
        _LOG.warning("cannot go back to release", release=name, reason=str(error))
        return False
    except (CorruptStateError, UsageError) as error:
        _LOG.warning("cannot go back to release", release=name, reason=str(error))
        return False
    return True
