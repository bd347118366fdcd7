"""Trains tonight's adapter from mainline, never from last night's, on the dataset and gold sets mixed by shares."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.ports import Trainer
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.dataset import Example, Preference, SourceFile
from ct_retrain.core.records.night import TrainFacts
from ct_retrain.core.records.training import (
    TOO_LONG,
    Fit,
    Hyperparameters,
    Row,
    Schedule,
    TrainPlan,
)
from ct_retrain.core.rules import learning, recipe
from ct_retrain.core.rules.mix import choose, row_counts, shuffled
from ct_retrain.core.workspace import REJECTED
from ct_retrain.decontamination.protection import Protection
from ct_retrain.manifests import training_of
from ct_retrain.stages import gold
from ct_retrain.stages._adapter import untrained
from ct_retrain.stages._decontamination import CERTIFICATE, cleaned
from ct_retrain.stages._thoughts import learned

MIXTURE = "mixture.jsonl"
PREFERENCES = "preferences.jsonl"
"""File of preference pairs, in curate's directory and in this stage's."""
_ORDER = 1
"""Added to the seed for the order of rows; with the seed of the draw, rows of one source could come first."""
ADAPTER = "adapter"
FILES = "files.jsonl"
"""File that lists the files of gold sets and general data, one SourceFile per line."""
UNKNOWN = "unknown"
"""Licence of a row that names none."""


class TrainInputs(NamedTuple):
    """Inputs of a training."""

    curated: Path
    """Tonight's curate directory."""
    gold: Path
    general: Path
    base: str
    """Mainline: a path or a name on the model hub."""
    settings: TrainSettings
    forgotten: frozenset[str] = frozenset()
    """Categories whose rows are preferred if not all can be used."""
    gold_before: int = 0
    """Number of rows of gold in the last night that trained."""
    protection: Protection = Protection()
    """Suites whose problems no row may come from."""
    where: str = "paths.gold"
    """The gold directory in messages: as the setting names it, so that a copied workspace says the same."""


def adapter_of(train: Path, arm: ArmId) -> Path:
    """Return where the adapter of *arm*, which contends, lies in the night's directory *train*."""
    return training_of(train, arm) / ADAPTER


def prepare_training(out: Path, inputs: TrainInputs) -> TrainPlan:
    """Mix tonight's rows into `mixture.jsonl` and return the plan.

    Refused lines of gold sets and general data go to `rejected.jsonl`, results per file to `files.jsonl`, and what the
    rows were compared with to `certificate.json`.
    """
    golden, general = read_gold_and_general(out, inputs)
    sources = {
        "delta": list(_examples(inputs.curated / "dataset.jsonl", "delta")),
        "repair": list(_examples(inputs.curated / "repairs.jsonl", "repair")),
        "gold": golden.rows,
        "general": general.rows,
    }
    settings, seed = inputs.settings, inputs.settings.hyperparameters.seed
    refused: list[Rejected] = []
    sources = {name: list(learned(rows, settings.thoughts, refused)) for name, rows in sources.items()}
    sources, certify = cleaned(sources, inputs.protection, seed, refused)
    _leave_out(out, refused)
    if not sources["delta"]:
        message = f"{inputs.curated}/dataset.jsonl is empty: there is nothing to train on"
        raise UsageError(message)
    counts = row_counts({name: len(rows) for name, rows in sources.items()}, settings.shares)
    needed = _of(inputs.forgotten) if inputs.forgotten else None
    weight = _weighing(settings)
    chosen = [row for name in counts for row in choose(sources[name], counts[name], seed, needed, weight)]
    rows = shuffled(chosen, seed + _ORDER)
    disk.write_lines(out / MIXTURE, iter(rows))
    disk.write_record(out / CERTIFICATE, certify(rows))
    mixture = out / MIXTURE
    preferred = _preferred(out, inputs, sources["delta"])
    return TrainPlan(
        base=inputs.base,
        mixture=str(mixture.resolve()),
        mixture_sha256=disk.sha256_of(mixture),
        rows=len(rows),
        hyperparameters=settings.hyperparameters,
        forgotten=tuple(sorted(inputs.forgotten)),
        schedule=_scheduled(settings.hyperparameters, rows, inputs.forgotten),
        preferences=str(preferred.resolve()) if preferred else "",
        preferences_sha256=disk.sha256_of(preferred) if preferred else None,
        chat=settings.chat,
    )


def _preferred(out: Path, inputs: TrainInputs, verified: Sequence[Row]) -> Path | None:
    """Write tonight's preference pairs, if wanted: those whose answer may be trained on, decontaminated.

    Raise UsageError if there are none.
    """
    if not inputs.settings.preferences:
        return None
    source, allowed = inputs.curated / PREFERENCES, {(row.prompt, row.completion) for row in verified}
    found = list(disk.read_lines(source, Preference)) if source.is_file() else []
    kept = [one for one in found if (one.prompt, one.chosen) in allowed]
    if not kept:
        message = (
            f"train.preferences is on, and {source} has no pair that may be trained on: set curate.preferences to the number "
            "of pairs per new example, or turn train.preferences off"
        )
        raise UsageError(message)
    disk.write_lines(out / PREFERENCES, iter(kept))
    return out / PREFERENCES


def _count(path: Path) -> int:
    return sum(1 for _ in disk.read_lines(path, Preference))


def read_gold_and_general(out: Path, inputs: TrainInputs) -> tuple[gold.GoldReading, gold.GoldReading]:
    """Read gold sets and general data, and write the refused lines and the results per file to *out*."""
    golden = gold.read_set(inputs.gold, "gold", inputs.settings.gold_keys)
    general = gold.read_set(inputs.general, "general", inputs.settings.gold_keys)
    disk.write_lines(out / REJECTED, iter([*golden.rejected, *general.rejected]))
    disk.write_lines(out / FILES, iter([*golden.files, *general.files]))
    return golden, general


def train(out: Path, inputs: TrainInputs, trainer: Trainer) -> TrainFacts:
    """Fill *out* with the mixture and `adapter/`; a second call on the same directory resumes the training.

    If the gold set must not be trained on (see `gold.held`), there is no adapter, and the facts say why. Raise
    ToolError if nothing was learned, because such an adapter equals mainline.
    """
    plan = prepare_training(out, inputs)
    why = withheld(out, inputs)
    fit = _UNTRAINED if why else trainer.fit(plan, out)
    if not why:
        _refuse_the_untrained(out / ADAPTER, fit, trainer.tool.name)
    _leave_out_the_too_long(out)
    disk.sync_tree(out)
    licences = {} if why else _licences(out)
    totals = {source: sum(counts.values()) for source, counts in licences.items()}
    files = tuple(disk.read_lines(out / FILES, SourceFile))
    return TrainFacts(
        base=plan.base,
        hyperparameters=plan.hyperparameters,
        shares={name: count / plan.rows for name, count in totals.items()},
        rows=totals,
        preferences=_count(out / PREFERENCES) if plan.preferences and not why else 0,
        licences=licences,
        files=files,
        gold=gold.remark(files, inputs.settings, inputs.where),
        held=why or withheld(out, inputs),
        certificate=disk.read_record(out / CERTIFICATE, Certificate),
        fit=fit,
        trainer=trainer.tool,
    )


def _scheduled(knobs: Hyperparameters, rows: Sequence[Row], forgotten: frozenset[str]) -> Schedule:
    """Return the training schedule of *rows*; tokens are estimated from characters, since no tokenizer is loaded yet."""
    amounts = recipe.amounts_of(rows, recipe.by_characters)
    extra = {
        (row.prompt, row.completion)
        for row in rows
        if row.source == recipe.HARVESTED and row.category in forgotten
    }
    return recipe.training_schedule(knobs, amounts._replace(extra=len(extra)))


def _refuse_the_untrained(adapter: Path, fit: Fit, trainer: str) -> None:
    reason = learning.taught_nothing(fit.losses)
    if reason:
        message = f"the trainer {trainer} taught nothing: {reason}"
        raise ToolError(message)
    reason = untrained(adapter)
    if reason:
        message = (
            f"the adapter in {adapter} was not trained: {reason}, after {fit.steps} steps; look at the learning rate "
            f"and the number of steps that the trainer {trainer} used (train.hyperparameters), and at {adapter.parent}"
        )
        raise ToolError(message)


def withheld(out: Path, inputs: TrainInputs) -> str:
    """Return why the night must not train on what `prepare_training` left in *out*; empty if it may."""
    files, rejected = disk.read_lines(out / FILES, SourceFile), disk.read_lines(out / REJECTED, Rejected)
    return gold.held(list(files), inputs.settings, inputs.where, inputs.gold_before, list(rejected))


_UNTRAINED = Fit(
    steps=0,
    epochs=0.0,
    examples=0,
    skipped=0,
    tokens=0,
    seconds=0.0,
    peak_memory=0,
    device="",
    losses=(),
    versions={},
)


def _leave_out_the_too_long(out: Path) -> None:
    """Count lines that the trainer found longer than the model's window as refused."""
    if (out / TOO_LONG).is_file():
        _leave_out(out, list(disk.read_lines(out / TOO_LONG, Rejected)))


def _leave_out(out: Path, refused: Sequence[Rejected]) -> None:
    """Count *refused*, lines that were read but are not trained on, as refused in their files."""
    before = list(disk.read_lines(out / REJECTED, Rejected))
    known = {one.subject for one in before}
    found = [one for one in refused if one.subject not in known]
    if found:
        files = gold.without(list(disk.read_lines(out / FILES, SourceFile)), found)
        disk.write_lines(out / REJECTED, iter([*before, *found]))
        disk.write_lines(out / FILES, iter(files))


def _licences(out: Path) -> dict[str, dict[str, int]]:
    """Return source → licence → number of rows in the mixture."""
    rows = Counter((row.source, row.licence or UNKNOWN) for row in disk.read_lines(out / MIXTURE, Row))
    licences: dict[str, dict[str, int]] = {}
    for (source, licence), count in sorted(rows.items()):
        licences.setdefault(source, {})[licence] = count
    return licences


def _of(categories: frozenset[str]) -> Callable[[Row], bool]:
    return lambda row: row.category in categories


def _weighing(settings: TrainSettings) -> Callable[[Row], float] | None:
    """Return the weight of a row; None if all have the same."""
    proven, credible = settings.proven_weight, settings.credible_weight
    if proven == credible == 1:
        return None
    return lambda row: (proven if row.proven else 1.0) * (1 + (credible - 1) * row.credibility)


def _examples(path: Path, source: str) -> Iterator[Row]:
    for example in disk.read_lines(path, Example):
        yield Row(
            prompt=example.instruction,
            completion=example.output,
            source=source,
            category=example.metadata.category,
            proven=example.metadata.formal.level == "proven",
            credibility=example.metadata.credibility.low if example.metadata.credibility.asked else 0.0,
        )
