"""The figures of the last night as a text file that Prometheus' node_exporter collects."""

from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.records.index import ended_nights

_WORLD = 0o644
"""node_exporter runs as another user."""


class Gauge(NamedTuple):
    """A metric, and its value for each set of labels."""

    name: str
    said: str
    values: tuple[tuple[dict[str, str], float], ...]


def write_textfile(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    """Put *record*'s figures at `tracking.textfile`, at once, if that is set and no later night is over.

    Raise ToolError where the file cannot be written; its directory must exist.
    """
    del ports
    if settings.tracking.textfile and ended_nights(workspace)[-1] == record.night:
        path = workspace.root / settings.tracking.textfile
        disk.write_chunks(path, [exposition(record).encode()], _WORLD)


def exposition(record: NightRecord) -> str:
    """Return *record*'s figures in Prometheus' text format."""
    lines: list[str] = []
    for gauge in _gauges(record):
        lines += [f"# HELP {gauge.name} {gauge.said}", f"# TYPE {gauge.name} gauge"]
        lines += [f"{gauge.name}{_labels(labels)} {value!r}" for labels, value in gauge.values]
    return "\n".join(lines) + "\n"


def _gauges(record: NightRecord) -> Iterator[Gauge]:
    ended = tuple(({"outcome": one.value}, float(one is record.outcome)) for one in NightOutcome)
    served = {"night": record.night, "serving": record.latest or "mainline"}
    seconds = (record.finished - record.started).total_seconds()
    figures = tuple(({"figure": name}, float(value)) for name, value in sorted(record.metrics.items()))
    yield Gauge(
        "ct_retrain_night_info", "The last night that is over, and what it left served.", ((served, 1.0),)
    )
    yield Gauge("ct_retrain_night_outcome", "1 for the outcome of the last night.", ended)
    finished = record.finished.timestamp()
    yield Gauge("ct_retrain_night_finished_seconds", "Unix time at which it was over.", (({}, finished),))
    yield Gauge("ct_retrain_night_duration_seconds", "How long it took.", (({}, seconds),))
    if figures:
        yield Gauge("ct_retrain_night_figure", "A figure of the last night, as its record names it.", figures)


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
