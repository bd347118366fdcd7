"""The settings file that a workspace begins with: what people set first, each setting with its meaning and default."""

import json
import textwrap
from collections.abc import Collection, Iterator

from pydantic import JsonValue

from ct_retrain.core.configuration.loading import described, recordable
from ct_retrain.core.configuration.settings import Settings

FIRST = (
    "timezone",
    "max_records",
    "min_delta_score",
    "retention_days",
    "paths.runs",
    "paths.gold",
    "collect.shared",
    "train.mainline",
    "train.hyperparameters.quantization",
    "benchmark.suite",
    "endpoint.url",
    "endpoint.model",
    "gate.floors",
    "notices.urls_file",
    "snapshot.target",
)
"""Settings that the file names, set or not."""

_WIDTH = 100


def starter(settings: Settings, chosen: Collection[str]) -> str:
    """Return the text of `ct-retrain.toml`: *chosen* settings with their values, the others of FIRST as comments.

    A comment's value is the default, so that taking away its `# ` changes nothing.
    """
    defaults, values = recordable(Settings.model_construct()), recordable(settings)
    set_here = {name for name in values if any(f"{one}.".startswith(f"{name}.") for one in chosen)}
    sections: dict[str, list[str]] = {"": []}
    for name, _, meaning in described():
        if name in FIRST or name in set_here:
            section, _, key = name.rpartition(".")
            mark, value = ("", values[name]) if name in set_here else ("# ", defaults[name])
            sections.setdefault(section, []).extend(["", *_entry(f"{mark}{key}", value, meaning)])
    lines = [
        "# Settings of this workspace; `ct-retrain config` lists all there are and where each comes from."
    ]
    for section, entries in sections.items():
        lines += ["", f"[{section}]", *entries] if section else entries
    return "\n".join(lines) + "\n"


def _entry(key: str, value: JsonValue, meaning: str) -> Iterator[str]:
    yield from (f"## {line}" for line in textwrap.wrap(meaning, _WIDTH))
    yield f"{key} = {_toml(value)}"


def _toml(value: JsonValue) -> str:
    """Return *value* as TOML spells it; texts, numbers and truth values are spelt as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
