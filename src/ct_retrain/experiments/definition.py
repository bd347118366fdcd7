"""The definition of an experiment in `experiments/NAME.toml`: a control, arms that differ from it, seeds, suites."""

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from ct_retrain import disk
from ct_retrain.core.configuration.recipes import SCHEDULING, complaints, laid_over, train_names
from ct_retrain.core.configuration.section import Section
from ct_retrain.core.configuration.settings import Settings, Share
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.experiment import CONTROL, ArmName
from ct_retrain.core.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NOT_OF_AN_ARM = dict.fromkeys(SCHEDULING, "an experiment trains whatever the night brought")


class ExperimentDefinition(Section):
    """One question, and the arms that are compared to answer it."""

    question: str = ""
    """The question in words, shown with the result."""
    night: str = ""
    """Night whose examples every arm is trained on; empty is the last night that has examples."""
    seeds: Annotated[int, Field(ge=2)] = 3
    """Number of trainings per arm; at least 2, because two trainings of one recipe differ."""
    suites: tuple[str, ...] = ()
    """Names as in `ct-retrain suite list`; empty is the setting `benchmark.suite`."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Probability that some interval of the experiment, at any look, does not contain the true difference."""
    detect: Annotated[Share, Field(gt=0)] = 0.05
    """Smallest difference of pass@1 worth detecting; the result says how many trainings would show it."""
    cluster: str = ""
    """Regular expression on problem ids; its first group names the cluster. Empty takes problems' tags, or goldens equal up to names."""
    control: dict[str, Any] = Field(default={})
    """Keys of `[train]` in which the control differs from the workspace's settings."""
    arms: Annotated[dict[ArmName, dict[str, Any]], Field(min_length=1)]
    """Keys of `[train]` in which each arm differs from the control."""


def definition_file(workspace: Workspace, name: str) -> Path:
    """Return the path of the definition *name*; raise UsageError if *name* is not valid."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"experiment {name!r}: a name is letters, digits, - and _, at most 40 of them")
    return workspace.experiments / f"{name}.toml"


def new_definition(workspace: Workspace, name: str) -> Path:
    """Write a commented definition to start from; raise UsageError if one with that name exists."""
    path = definition_file(workspace, name)
    if path.exists():
        raise UsageError(f"{path} already exists: edit it, or choose another name")
    text = resources.files("ct_retrain.experiments").joinpath("template.toml").read_text("utf-8")
    disk.make_directory(path.parent)
    disk.write_text(path, text)
    return path


def read_definition(workspace: Workspace, name: str) -> ExperimentDefinition:
    """Read the definition *name*; raise UsageError that lists all errors of the file."""
    path = definition_file(workspace, name)
    try:
        asked = ExperimentDefinition.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist: `ct-retrain experiment new {name}` writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        known = list(ExperimentDefinition.model_fields)
        raise UsageError("\n".join(complaints(error, str(path), "", known))) from error
    if CONTROL in asked.arms:
        raise UsageError(
            f"{path}: arms.{CONTROL}: the arm to compare with is called [control], not [arms.{CONTROL}]"
        )
    try:
        re.compile(asked.cluster)
    except re.error as error:
        raise UsageError(f"{path}: cluster is not a regular expression: {error}") from error
    return asked


def settings_of_arms(asked: ExperimentDefinition, settings: Settings, path: Path) -> dict[str, Settings]:
    """Return arm → the settings that it is trained with, the control first; raise UsageError listing every wrong key."""
    faults: list[str] = []
    found: dict[str, Settings] = {}
    for arm, changes in {CONTROL: {}, **asked.arms}.items():
        place = CONTROL if arm == CONTROL else f"arms.{arm}"
        faults += [
            f"{path}: {place}.{name} cannot be set by an arm: {why}"
            for name, why in _NOT_OF_AN_ARM.items()
            if name in (asked.control if arm == CONTROL else changes)
        ]
        try:
            train = laid_over(settings.train, asked.control, changes)
        except ValidationError as error:
            faults += complaints(error, str(path), f"{place}.", train_names())
        else:
            found[arm] = settings.model_copy(update={"train": train})
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))
    return found
