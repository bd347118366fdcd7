"""`export`: hand what a night made to other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context

if TYPE_CHECKING:
    from ct_retrain.core.records.arm import ArmId

FORMS = ("humaneval", "cvdp", "verilogeval")


@click.command(short_help="Hand a night's answers to other tools.")
@click.argument("night", shell_complete=nights)
@click.option("--answers", "form", type=click.Choice(FORMS), required=True, help="The form of the answers.")
@click.option(
    "--arm",
    metavar="ARM",
    default="candidate",
    show_default=True,
    help="Whose answers: candidate, champion, mainline or challenger.NAME.",
)
@click.option(
    "--out", metavar="PATH", required=True, help="File or directory to write; nothing may be there."
)
@click.pass_obj
def export(context: Context, night: str, form: str, arm: ArmId, out: str) -> None:
    """Write the answers that an arm of NIGHT gave in the benchmark, as another harness reads them.

    \b
      humaneval    JSONL of task_id and completion, what `benchmark --answers` reads
      cvdp         JSONL of id and completion, for CVDP's local import
      verilogeval  a build directory of VerilogEval v2: ID/ID_sampleNN.sv

    The answers are texts as the model gave them; verilogeval gets the RTL found in them. Verdicts do not go along:
    the other harness judges itself.
    """
    from pathlib import Path

    from ct_retrain.exporters.answers import write_answers
    from ct_retrain.nightly.records.index import record_of
    from ct_retrain.nightly.records.inspection import answers_of

    workspace = context.opened().workspace
    count = write_answers(form, answers_of(workspace, record_of(workspace, night), arm), Path(out))
    click.echo(f"{count} answers of {arm} in {night} are in {out}")
