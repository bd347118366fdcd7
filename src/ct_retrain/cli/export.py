"""`export`: hand what a night made to other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, excludes
from ct_retrain.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.adapters.merging import Dtype
    from ct_retrain.core.opened import Opened
    from ct_retrain.core.records.arm import ArmId
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.stages.publish import PublishInputs

FORMS = ("humaneval", "cvdp", "verilogeval", "turtle")


@click.command(short_help="Hand a night's adapter, answers or dataset to other tools.")
@click.argument("night", shell_complete=nights)
@click.option(
    "--answers", "form", type=click.Choice(FORMS), help="Write an arm's answers in this form to --out."
)
@click.option(
    "--arm",
    metavar="ARM",
    default="candidate",
    show_default=True,
    help="Whose answers: candidate, champion, mainline or challenger.NAME.",
)
@click.option("--out", metavar="PATH", help="File or directory of --answers.")
@click.option("--merge", metavar="DIR", help="Write mainline with the adapter merged into it.")
@click.option(
    "--dtype",
    type=click.Choice(["base", "float32", "bfloat16", "float16"]),
    default="base",
    show_default=True,
    help="Type of the merged weights; `base` keeps mainline's.",
)
@click.option("--gguf", metavar="FILE", help="Write the merged model as GGUF, by llama.cpp's converter.")
@click.option(
    "--converter", metavar="PATH", default="", help="llama.cpp's convert_hf_to_gguf.py.  [default: on PATH]"
)
@click.option("--dataset", metavar="DIR", help="Write the curated dataset with a dataset card.")
@click.option("--hub", metavar="REPO", help="Upload to the Hugging Face hub: the release, or what DIR got.")
@click.pass_obj
@excludes("--answers", "--merge", "--gguf", "--dataset", "--hub", "--dtype", "--converter")
@excludes("--merge", "--gguf", "--dataset", "--arm", "--out", "--converter")
@excludes("--gguf", "--dataset", "--hub", "--arm", "--out")
@excludes("--dataset", "--arm", "--out", "--dtype", "--converter")
@excludes("--hub", "--arm", "--out", "--converter")
def export(
    context: Context,
    night: str,
    form: str | None,
    arm: ArmId,
    out: str | None,
    merge: str | None,
    dtype: Dtype,
    gguf: str | None,
    converter: str,
    dataset: str | None,
    hub: str | None,
) -> None:
    """Write what NIGHT made as other tools read it: to a path where nothing is, or to the hub.

    \b
    --answers humaneval    JSONL of task_id and completion, what `benchmark --answers` reads
              cvdp         JSONL of id and completion, for CVDP's local import
              verilogeval  a build directory of VerilogEval v2: ID/ID_sampleNN.sv
              turtle       JSON of TuRTLe's task verilog_eval_rtl
    --merge   a directory for transformers, vLLM and quantisers; any night's adapter, published or not
    --gguf    a file for llama.cpp and what stands on it
    --dataset a directory for `datasets.load_dataset`
    --hub     the release as it is; with --merge or --dataset what they wrote.  A new repository is private.

    Answers are texts as the model gave them; verilogeval and turtle get the RTL found in them. Verdicts do not go along: the other
    harness judges itself. Nothing is ever uploaded without --hub.
    """
    from pathlib import Path

    from ct_retrain.nightly.records.index import record_of

    if not (form or merge or gguf or dataset or hub):
        raise UsageError("nothing to export: give one of --answers, --merge, --gguf, --dataset, or --hub")
    if (form is None) != (out is None):
        raise UsageError("--answers FORM and --out PATH go together")
    context.listen()
    opened = context.opened()
    job = _Job(opened, record_of(opened.workspace, night))
    if form is not None and out is not None:
        _answers(job, form, arm, Path(out))
    elif merge:
        _merge(job, Path(merge), dtype)
    elif gguf:
        _gguf(job, Path(gguf), dtype, converter)
    elif dataset:
        _dataset(job, Path(dataset))
    if hub:
        _upload(job, Path(merge or dataset or _release(job)), hub, dataset=bool(dataset))


class _Job(NamedTuple):
    opened: Opened
    record: NightRecord

    @property
    def adapter(self) -> PublishInputs:
        from ct_retrain.nightly.releases.promotion import adapter_inputs

        return adapter_inputs(self.opened.workspace, self.opened.settings, self.record)


def _answers(job: _Job, form: str, arm: ArmId, out: Path) -> None:
    from ct_retrain.exporters.answers import write_answers
    from ct_retrain.nightly.records.inspection import answers_of

    count = write_answers(form, answers_of(job.opened.workspace, job.record, arm), out)
    click.echo(f"{count} answers of {arm} in {job.record.night} are in {out}")


def _merge(job: _Job, out: Path, dtype: Dtype) -> None:
    from ct_retrain.exporters.places import new_directory

    with new_directory(out) as staging:
        _fill_merged(job, staging, dtype)
    click.echo(f"mainline with the adapter of {job.record.night} merged into it is in {out}")


def _fill_merged(job: _Job, directory: Path, dtype: Dtype) -> None:
    from ct_retrain.adapters.merging import merge
    from ct_retrain.stages.publish import write_merged_cards

    inputs = job.adapter
    merged = merge(job.opened.workspace.model(inputs.base), inputs.adapter, directory, dtype)
    write_merged_cards(directory, inputs)
    click.echo(
        f"merged in {merged.dtype}: rounding to it takes {merged.lost:.2%} of the adapter's change"
        + ("; --dtype float32 keeps it all" if merged.lost > _MUCH else "")
    )


_MUCH = 0.01
"""Share of the adapter's change that is worth a word when rounding takes it."""


def _gguf(job: _Job, out: Path, dtype: Dtype, converter: str) -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from ct_retrain.adapters.gguf import convert, find_converter
    from ct_retrain.exporters.places import demand_free

    program = find_converter(converter)
    demand_free(out)
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as merged:
        _fill_merged(job, Path(merged), dtype)
        convert(Path(merged), out, program)
    click.echo(f"mainline with the adapter of {job.record.night} merged into it is {out}")


def _dataset(job: _Job, out: Path) -> None:
    from ct_retrain.core.records.night import CurateFacts
    from ct_retrain.exporters.dataset import write_dataset
    from ct_retrain.exporters.places import new_directory
    from ct_retrain.manifests import facts_of, kept_file

    workspace, night = job.opened.workspace, job.record.night
    facts = facts_of(workspace, job.record, CurateFacts)
    path = kept_file(workspace, night, "curate/dataset.jsonl")
    if facts is None or path is None:
        raise UsageError(
            f"the dataset of {night} is no longer here: `ct-retrain restore {night}` brings it back"
        )
    with new_directory(out) as staging:
        count = write_dataset(night, facts, path.parent, staging)
    click.echo(f"{count} examples of {night} are in {out}")


def _release(job: _Job) -> Path:
    """Return the release of the night, every byte compared; raise UsageError where the night has none."""
    from ct_retrain.releases import release_name, verified

    name = release_name(job.record.night)
    if not (job.opened.workspace.models / name).is_dir():
        raise UsageError(
            f"night {job.record.night} released nothing: `--merge DIR --hub REPO` uploads its merged model, "
            "`ct-retrain promote` makes a release"
        )
    verified(job.opened.workspace.models, name)
    return job.opened.workspace.models / name


def _upload(job: _Job, directory: Path, repository: str, *, dataset: bool) -> None:
    from ct_retrain.adapters.hub import upload

    address = upload(directory, repository, "dataset" if dataset else "model")
    click.echo(f"{directory} of night {job.record.night} is uploaded: {address}")
