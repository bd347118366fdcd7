"""From dataset and gold sets to tonight's adapter: mixed by shares, trained from mainline, never from last night."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ct_retrain import disk
from ct_retrain.core.certificate import Certificate
from ct_retrain.core.dataset import Example
from ct_retrain.core.errors import UsageError
from ct_retrain.core.mix import choose, row_counts
from ct_retrain.core.night import TrainFacts
from ct_retrain.core.ports import Trainer
from ct_retrain.core.record import Rejected
from ct_retrain.core.settings import TrainSettings
from ct_retrain.core.training import Row, TrainPlan
from ct_retrain.decontamination.protection import Protection
from ct_retrain.stages._clean import CERTIFICATE, cleaned

MIXTURE = "mixture.jsonl"
ADAPTER = "adapter"
UNKNOWN = "unknown"
"""The licence of a row that names none."""


class TrainInputs(NamedTuple):
    """What one training works from."""

    curated: Path
    """Tonight's curate directory."""
    gold: Path
    general: Path
    base: str
    """Mainline: a path or a hub name."""
    settings: TrainSettings
    forgotten: frozenset[str] = frozenset()
    """Categories whose rows come first where not all can be taken."""
    protection: Protection = Protection()
    """What no row may come from."""


class _Pair(BaseModel):
    """A gold line: the draft's form; other keys are the owner's business."""

    model_config = ConfigDict(extra="ignore")

    instruction: str
    output: str
    licence: object = Field(
        default="",
        validation_alias=AliasChoices(
            "licence", "license", AliasPath("metadata", "licence"), AliasPath("metadata", "license")
        ),
    )


def prepare(out: Path, inputs: TrainInputs) -> TrainPlan:
    """Mix tonight's rows into `mixture.jsonl` and return the plan.

    What is refused goes to `rejected.jsonl`, what the rows were compared with to `certificate.json`.
    """
    rejected: list[Rejected] = []
    sources = {
        "delta": list(_examples(inputs.curated / "dataset.jsonl", "delta")),
        "repair": list(_examples(inputs.curated / "repairs.jsonl", "repair")),
        "gold": list(_pairs(inputs.gold, "gold", rejected)),
        "general": list(_pairs(inputs.general, "general", rejected)),
    }
    sources, certify = cleaned(sources, inputs.protection, inputs.settings.hyperparameters.seed, rejected)
    if not sources["delta"]:
        message = f"{inputs.curated}/dataset.jsonl is empty: there is nothing to train on"
        raise UsageError(message)
    settings = inputs.settings
    seed = settings.hyperparameters.seed
    counts = row_counts({name: len(rows) for name, rows in sources.items()}, settings.shares)
    needed = _of(inputs.forgotten) if inputs.forgotten else None
    rows = [row for name in counts for row in choose(sources[name], counts[name], seed, needed)]
    random.Random(seed).shuffle(rows)  # noqa: S311 - a reproducible order, not a secret
    disk.write_lines(out / MIXTURE, iter(rows))
    disk.write_record(out / CERTIFICATE, certify(rows))
    disk.write_lines(out / "rejected.jsonl", iter(rejected))
    mixture = out / MIXTURE
    return TrainPlan(
        base=inputs.base,
        mixture=str(mixture.resolve()),
        mixture_sha256=disk.sha256_of(mixture),
        rows=len(rows),
        hyperparameters=settings.hyperparameters,
    )


def train(out: Path, inputs: TrainInputs, trainer: Trainer) -> TrainFacts:
    """Fill *out* with the mixture and `adapter/`; a second call on the same directory resumes the trainer."""
    plan = prepare(out, inputs)
    fit = trainer.fit(plan, out)
    disk.sync_tree(out)
    rows = Counter((row.source, row.licence or UNKNOWN) for row in disk.read_lines(out / MIXTURE, Row))
    licences: dict[str, dict[str, int]] = {}
    for (source, licence), count in sorted(rows.items()):
        licences.setdefault(source, {})[licence] = count
    totals = {source: sum(counts.values()) for source, counts in licences.items()}
    return TrainFacts(
        base=plan.base,
        hyperparameters=plan.hyperparameters,
        shares={name: count / plan.rows for name, count in totals.items()},
        rows=totals,
        licences=licences,
        certificate=disk.read_record(out / CERTIFICATE, Certificate),
        fit=fit,
        trainer=trainer.tool,
    )


def _of(categories: frozenset[str]) -> Callable[[Row], bool]:
    return lambda row: row.category in categories


def _examples(path: Path, source: str) -> Iterator[Row]:
    for example in disk.read_lines(path, Example):
        yield Row(
            prompt=example.instruction,
            completion=example.output,
            source=source,
            category=example.metadata.category,
        )


def _pairs(directory: Path, source: str, rejected: list[Rejected]) -> Iterator[Row]:
    adapter = TypeAdapter(_Pair)
    for path in sorted(directory.glob("*.jsonl")):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    pair = adapter.validate_json(line)
                except ValidationError as error:
                    detail = error.errors(include_url=False)[0]["msg"]
                    rejected.append(
                        Rejected(subject=f"{path.name}:{number}", reason=f"bad_{source}", detail=detail)
                    )
                else:
                    yield Row(
                        prompt=pair.instruction,
                        completion=pair.output,
                        source=source,
                        licence=_licence(pair.licence),
                    )


def _licence(said: object) -> str:
    """One short line of what a gold line says of its licence; anything but text says nothing."""
    return " ".join(said.split())[:80] if isinstance(said, str) else ""
