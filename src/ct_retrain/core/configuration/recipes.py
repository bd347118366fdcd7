"""Recipes: parts of a `[train]` section, laid over the workspace's own, for challengers and for experiments."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from ct_retrain.core.configuration.flattening import did_you_mean, flatten
from ct_retrain.core.configuration.settings import FILE_NAME, TrainSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Sha256, digest
from ct_retrain.core.records.arm import RecipeName

SCHEDULING = ("min_new", "new_settings", "challengers", "challenger_minutes", "challenger_tokens")
"""Settings of `[train]` that decide whether and what a night trains, and nothing of what a training makes."""
_LATER = {"credible_weight": 1.0}
"""Settings that came after recipes had digests, at the value that makes no difference: there a recipe is what it was."""
_SHARED = {
    "mainline": "every arm of a night starts from one mainline",
    "chat": "every arm of a night is asked in one way",
}
"""Settings that a challenger cannot have of its own, and why."""


def challenger_settings(train: TrainSettings) -> dict[RecipeName, TrainSettings]:
    """Return the settings that each of `train.challengers` is trained with.

    Raise UsageError that names every unknown or invalid setting at once.
    """
    fixed = dict.fromkeys(SCHEDULING, "a night decides it for all its trainings") | _SHARED
    faults: list[str] = []
    found: dict[RecipeName, TrainSettings] = {}
    for name, changes in train.challengers.items():
        place = f"train.challengers.{name}."
        faults += [
            f"{FILE_NAME}: {place}{key} is nothing that a challenger decides: {fixed[key]}"
            for key in changes
            if key in fixed
        ]
        try:
            found[name] = laid_over(train, changes)
        except ValidationError as error:
            faults += complaints(error, FILE_NAME, place, train_names())
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))
    return found


def laid_over(train: TrainSettings, *changes: Mapping[str, Any]) -> TrainSettings:
    """Return *train* with *changes* in their place, table by table, the last ones on top.

    Raise ValidationError where that is no `[train]` section.
    """
    merged = train.model_dump()
    for one in changes:
        merged = _over(merged, one)
    return TrainSettings.model_validate(merged | {"challengers": {}})


def same_trainer(one: TrainSettings, other: TrainSettings) -> bool:
    """Return whether *one* and *other* are trained by the same trainer on as many devices."""
    return (one.command, one.devices) == (other.command, other.devices)


def differences(one: TrainSettings, usual: TrainSettings) -> dict[str, str]:
    """Return where *one* trains differently from *usual*: dotted name below `[train]` → value as text."""
    others = _trained_by(usual)
    return {name: str(value) for name, value in _trained_by(one).items() if value != others.get(name)}


def recipe_digest(train: TrainSettings) -> Sha256:
    """Return the digest of everything in *train* that decides what a training makes, but the seed.

    The evidence on a recipe goes by it: a setting that comes later must not change it by being there, see `_LATER`.
    """
    idle = {name for name, value in _LATER.items() if getattr(train, name) == value}
    values = train.model_dump(mode="json", exclude={*SCHEDULING, *idle})
    values["hyperparameters"].pop("seed")
    return digest(values)


def adoption(changes: Mapping[str, Any]) -> list[str]:
    """Return the lines of a settings file that make a challenger's *changes* the default recipe."""
    read = flatten(laid_over(TrainSettings(), changes).model_dump())
    return [f"train.{name} = {json.dumps(read[name])}" for name in flatten(changes)]


def train_names() -> list[str]:
    """Return the dotted names below `[train]`."""
    return list(flatten(TrainSettings().model_dump()))


def complaints(error: ValidationError, file: str, prefix: str, known: list[str]) -> Iterator[str]:
    """Yield one sentence on each fault of *file*; *prefix* is where the names of *error* lie in it."""
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"{file}: unknown key {prefix}{name}{did_you_mean(name, known, prefix=prefix)}"
        else:
            yield f"{file}: {prefix}{name}: {problem['msg']}, not {problem['input']!r}"


def _trained_by(train: TrainSettings) -> dict[str, Any]:
    return flatten(train.model_dump(exclude={*SCHEDULING}))


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """*below* with what *above* says in its place, table by table."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = (
            _over(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
            if isinstance(old, dict) and isinstance(value, dict)
            else value
        )
    return merged
