"""What an experiment asks, as `experiments/NAME.toml` says it: a control, arms that differ from it, seeds, suites."""

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
    """One question and what is tried to answer it."""

    question: str = ""
    """In words, for whoever reads the answer."""
    night: str = ""
    """Whose examples every arm is trained on; empty is the last night that has some."""
    seeds: Annotated[int, Field(ge=2)] = 3
    """Trainings an arm; one answers nothing, for two trainings of one recipe differ."""
    suites: tuple[str, ...] = ()
    """As `ct-retrain suite list` has them; empty is the setting `benchmark.suite`."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance that any interval of the experiment, at any look, does not hold the truth."""
    detect: Annotated[Share, Field(gt=0)] = 0.05
    """Difference of pass@1 that is worth knowing: it is told how many trainings would show it."""
    cluster: str = ""
    """Regular expression on problem ids, whose first group names the cluster; empty groups goldens that differ in names only."""
    control: dict[str, Any] = Field(default={})
    """What the arms are compared with: keys of `[train]` that differ from the workspace's."""
    arms: Annotated[dict[ArmName, dict[str, Any]], Field(min_length=1)]
    """The same for each arm; what it does not say is the control's."""


def definition_file(workspace: Workspace, name: str) -> Path:
    """Where the question *name* lies; raise UsageError for a name that is none."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"experiment {name!r}: a name is letters, digits, - and _, at most 40 of them")
    return workspace.experiments / f"{name}.toml"


def new_definition(workspace: Workspace, name: str) -> Path:
    """Write a commented question to start from; raise UsageError where there is one of that name."""
    path = definition_file(workspace, name)
    if path.exists():
        raise UsageError(f"{path} is there already: edit it, or choose another name")
    text = resources.files("ct_retrain.experiments").joinpath("template.toml").read_text("utf-8")
    disk.make_directory(path.parent)
    disk.write_text(path, text)
    return path


def read_definition(workspace: Workspace, name: str) -> ExperimentDefinition:
    """The question *name*; raise UsageError that says every fault of the file at once."""
    path = definition_file(workspace, name)
    try:
        asked = ExperimentDefinition.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist: `ct-retrain experiment new {name}` writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        known = list(ExperimentDefinition.model_fields)
        raise UsageError("\n".join(complaints(error, str(path), "", known))) from error
    if CONTROL in asked.arms:
        raise UsageError(f"{path}: arms.{CONTROL} is what the arms are compared with: call it [control]")
    try:
        re.compile(asked.cluster)
    except re.error as error:
        raise UsageError(f"{path}: cluster is no regular expression: {error}") from error
    return asked


def settings_of_arms(asked: ExperimentDefinition, settings: Settings, path: Path) -> dict[str, Settings]:
    """Arm → the settings that it is trained with, the control first; raise UsageError naming every wrong one."""
    faults: list[str] = []
    found: dict[str, Settings] = {}
    for arm, changes in {CONTROL: {}, **asked.arms}.items():
        place = CONTROL if arm == CONTROL else f"arms.{arm}"
        faults += [
            f"{path}: {place}.{name} is nothing that an arm decides: {why}"
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
