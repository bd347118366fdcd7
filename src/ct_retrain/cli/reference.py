"""Generate the reference pages of the documentation from the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ct_retrain.core.record import Record

_NOTE = "Made by `ct-retrain reference`; do not edit."
_WIDTH = 100


@click.command(hidden=True)
@click.argument("directory", type=click.Path(file_okay=False))
@click.pass_context
def reference(context: click.Context, directory: str) -> None:
    """Write the reference pages into DIRECTORY: settings, commands, exit codes, Python, file formats,
    schemas.
    """
    from pathlib import Path

    from ct_retrain import disk

    out = disk.make_directory(Path(directory))
    disk.make_directory(out / "schemas")
    for name, text in pages(context.find_root().command).items():
        disk.write_scratch(out / name, text)
        click.echo(out / name)


def pages(root: click.Command) -> dict[str, str]:
    """Return file name → text of every page; *root* is the whole command line."""
    from ct_retrain.cli.api_page import api_page
    from ct_retrain.core.configuration.loading import described

    formats = list(_formats())
    schemas = {f"schemas/{one.schema}": _schema(one.record) for one in formats}
    return {
        "settings.md": _settings(described()),
        "cli.md": "\n".join(_commands(root)) + "\n",
        "exit-codes.md": _exit_codes(),
        "files.md": _files(formats),
        "api.md": api_page(_NOTE),
        **schemas,
    }


def _settings(settings: Iterable[tuple[str, str, str]]) -> str:
    rows = [f"| `{name}` | `{default}` | {meaning} |" for name, default, meaning in settings]
    head = f"""# Settings

{_NOTE}
A setting comes from `ct-retrain.toml` in the workspace, over it from the environment, over that from `--set NAME=VALUE`.
The variable of `gate.margin_champion` is `CT_RETRAIN_GATE__MARGIN_CHAMPION`; `max_records` and `min_delta_score` are top level.
An unknown name anywhere is an error.

| setting | default | meaning |
|---|---|---|"""
    return "\n".join([head, *rows]) + "\n"


def _commands(root: click.Command) -> Iterator[str]:
    yield f"# Commands\n\n{_NOTE}\n\n{_help(root, 'ct-retrain')}"
    yield from _subcommands(root, "ct-retrain")


def _subcommands(group: click.Command, path: str) -> Iterator[str]:
    if not isinstance(group, click.Group):
        return
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        whole = f"{path} {name}"
        yield f"\n## {whole}\n\n{_help(command, whole)}"
        yield from _subcommands(command, whole)


def _help(command: click.Command, path: str) -> str:
    with click.Context(
        command, info_name=path, terminal_width=_WIDTH, help_option_names=["-h", "--help"]
    ) as context:
        return f"```text\n{command.get_help(context)}\n```"


def _exit_codes() -> str:
    from ct_retrain.cli import INTERRUPTED
    from ct_retrain.cli.formal import NO_ANSWER
    from ct_retrain.cli.harvest import NOTHING
    from ct_retrain.cli.judge import exit_code
    from ct_retrain.core.errors import CorruptStateError, CtRetrainError
    from ct_retrain.core.records.night import EXIT_CODES, NightOutcome
    from ct_retrain.core.records.verdict import Outcome

    rows: dict[int, list[str]] = {INTERRUPTED: ["interrupted; run the same command again to continue"]}
    errors: list[type[CtRetrainError]] = [CtRetrainError, *CtRetrainError.__subclasses__()]
    for error in errors:
        rows.setdefault(error.exit_code, []).append(f"`{error.__name__}`: {error.__doc__}")
    rows[EXIT_CODES[NightOutcome.HELD]] = ["`verify`: something cannot be decided on this machine"]
    rows[CorruptStateError.exit_code] += ["`check`: an invariant is broken", "`verify`: something differs"]
    rows[NOTHING] = ["`harvest check`: no simulation would become an example; `import`: none was imported"]
    rows[NO_ANSWER] = ["`formal`: nothing failed, and a question was unsupported or not run"]
    for outcome, code in EXIT_CODES.items():
        rows.setdefault(code, []).append(f"a night was {outcome.value.replace('_', ' ')}")
    for verdict in Outcome:
        rows.setdefault(exit_code(verdict), []).append(f"`judge`: {verdict.value.replace('_', ' ')}")
    lines = [
        f"| {code} | {'; '.join(' '.join(one.split()) for one in rows[code])} |" for code in sorted(rows)
    ]
    head = f"""# Exit codes

{_NOTE}
Any other code is a failure; what to do about each: [when something breaks](../how-to/when-something-breaks.md).

| code | when |
|---|---|"""
    return "\n".join([head, *lines]) + "\n"


class _Format(NamedTuple):
    """A file that nights write, and the Record of the file or of each line."""

    path: str
    record: type[Record]

    @property
    def schema(self) -> str:
        """Name of its JSON Schema."""
        return f"{self.record.__name__}.schema.json"


def _formats() -> Iterator[_Format]:
    from ct_retrain.core.record import Rejected
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.certificate import Certificate
    from ct_retrain.core.records.dataset import Example, Preference, Trace
    from ct_retrain.core.records.experiment import ExperimentPlan, ExperimentResult
    from ct_retrain.core.records.formal import FormalEvidence
    from ct_retrain.core.records.night import Manifest, Move, NightPlan, NightRecord, Release
    from ct_retrain.core.records.problem import Problem, Sample, Scorecard
    from ct_retrain.core.records.snapshot import Purged, Receipt
    from ct_retrain.core.records.training import Fit, LossPoint, Row, TrainPlan
    from ct_retrain.core.rules.forgetting import Flip
    from ct_retrain.nightly.records.forget import ForgottenNight

    night = "work/continuous_retrain/NIGHT"
    yield _Format("data/run_db/nightly/NIGHT.json", NightRecord)
    yield _Format(f"{night}/plan.json", NightPlan)
    yield _Format(f"{night}/STAGE/manifest.json", Manifest)
    yield _Format(f"{night}/collect/traces.jsonl", Trace)
    yield _Format(f"{night}/*/rejected.jsonl, benchmark/quarantined.jsonl", Rejected)
    yield _Format(f"{night}/curate/dataset.jsonl, curate/repairs.jsonl", Example)
    yield _Format(f"{night}/curate/preferences.jsonl, train/preferences.jsonl", Preference)
    yield _Format(f"{night}/train/plan.json", TrainPlan)
    yield _Format(f"{night}/train/mixture.jsonl", Row)
    yield _Format(f"{night}/curate/formal.jsonl", FormalEvidence)
    yield _Format(f"{night}/train/certificate.json", Certificate)
    yield _Format(f"{night}/train/losses.jsonl", LossPoint)
    yield _Format(f"{night}/train/fit.json", Fit)
    yield _Format(f"{night}/benchmark/samples/*.jsonl", Sample)
    yield _Format(f"{night}/benchmark/scorecards.jsonl", Scorecard)
    yield _Format(f"{night}/benchmark/flips.jsonl", Flip)
    yield _Format(f"{night}/purged.json", Purged)
    yield _Format("data/run_db/nightly/receipts/NIGHT.json", Receipt)
    yield _Format("data/run_db/nightly/forgotten_nights.jsonl", ForgottenNight)
    yield _Format("archive/NIGHT/broken.json", Breakdown)
    yield _Format("models/qwen_coder_rtl/nightly_NIGHT/release.json", Release)
    yield _Format("models/qwen_coder_rtl/history.jsonl", Move)
    yield _Format("experiments/NAME/plan.json", ExperimentPlan)
    yield _Format("experiments/NAME/result.json", ExperimentResult)
    yield _Format("a plain suite: any *.jsonl", Problem)


def _schema(record: type[Record]) -> str:
    return json.dumps(record.model_json_schema(), indent=1, sort_keys=True) + "\n"


def _files(formats: Iterable[_Format]) -> str:
    parts = [
        f"""# File formats

{_NOTE}
Everything on disk is a Record: JSON with these keys and no others, whole files or one object a line.
Three files of a night's collect directory are none: `artefacts.pack` with `artefacts.sqlite`, what the traces name ([dataset](dataset.md)), and `ledger.sqlite`, what has been read of which trace.
Paths are those of the default settings; the schemas are JSON Schema 2020-12.
The traces that a pipeline writes are described [on their own page](trace.md), the dataset [on its own](dataset.md)."""
    ]
    for one in formats:
        doc = " ".join((one.record.__doc__ or "").split())
        unit = "One object a line" if ".jsonl" in one.path else "One object"
        fields = [
            f"| `{name}` | {_kind(facts)} | {' '.join(str(facts.get('description', '')).split())} |"
            for name, facts in one.record.model_json_schema()["properties"].items()
        ]
        head = f"## `{one.path}`\n\n{doc}\n{unit}; [schema](schemas/{one.schema}).\n\n| key | type | meaning |\n|---|---|---|"
        parts.append("\n".join([head, *fields]))
    return "\n\n".join(parts) + "\n"


def _kind(schema: dict[str, Any]) -> str:
    """Return a value's type in the words of JSON, as short as possible."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(_kind(choice) for choice in choices)
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or "any")
