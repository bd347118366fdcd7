"""`snapshot`, `purge`, `restore`: copy nights off-site, delete local raw copies, and restore them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from ct_retrain.compose import App
    from ct_retrain.core.ports import Store
    from ct_retrain.core.records.snapshot import Receipt
    from ct_retrain.core.rules.retention import PurgePlan


@click.command(short_help="Copy nights off-site, and read them back.")
@click.argument("night", required=False)
@json_option
@click.pass_obj
def snapshot(context: Context, night: str | None, *, as_json: bool) -> None:
    """Copy NIGHT to `snapshot.target` and read it back.  [default: every ended night without a receipt]

    Objects that exist are not sent again, so an interrupted copy continues. With NIGHT, everything is read
    back even if there is a receipt, and objects that the store has lost or damaged are sent again.
    """
    from ct_retrain import disk
    from ct_retrain.nightly.snapshots.upload import snapshot as copy
    from ct_retrain.nightly.snapshots.upload import upload_missing

    app = context.app()
    store = _store(app)
    with disk.lock(app.workspace.lock):
        done = [copy(app.workspace, store, night)] if night else upload_missing(app.workspace, store)
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"objects", "contents"}) for one in done])
        return
    for one in done:
        click.echo(_told(one))
    if not done:
        click.echo(f"every ended night is in {store.name} already")


def _told(receipt: Receipt) -> str:
    files = len(receipt.contents.files)
    return (
        f"{receipt.night}: {files} files, {in_bytes(receipt.contents.size)}, read back from {receipt.store}"
    )


@click.command(short_help="Delete old raw copies that are off-site.")
@click.option("--yes", is_flag=True, help="Delete; without this the plan is printed.")
@json_option
@click.pass_obj
def purge(context: Context, *, yes: bool, as_json: bool) -> int:
    """Print which raw copies are older than `retention_days` and off-site; with --yes delete them.

    A night's copy is read back completely before anything is deleted. Always kept are unfinished nights, what
    the next night continues, and the nights of the current release, its predecessor and mainline. Exit code 5
    if a copy does not verify, or files were changed since they were copied.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import CorruptStateError
    from ct_retrain.nightly.snapshots.purge import plan
    from ct_retrain.nightly.snapshots.purge import purge as carry_out

    app = context.app()
    store = _store(app)
    with disk.lock(app.workspace.lock):
        done = (carry_out if yes else plan)(app.workspace, app.settings, store)
    print_json(done.model_dump(mode="json")) if as_json else _print_plan(done, yes=yes)
    return CorruptStateError.exit_code if done.damaged else 0


def _print_plan(plan: PurgePlan, *, yes: bool) -> None:
    rows = [
        *(
            (one.night, "deleted" if yes else "goes", in_bytes(one.size), f"{len(one.files)} files")
            for one in plan.leaving
        ),
        *((one.night, "DAMAGED" if one.damaged else "stays", "", one.why) for one in plan.staying),
    ]
    print_table(
        f"raw copies, kept for {plan.retention_days} days", ("night", "", "size", "what, or why"), rows
    )
    size = in_bytes(sum(one.size for one in plan.leaving))
    if yes:
        click.echo(f"deleted {size}; `ct-retrain restore NIGHT` brings a night back")
    else:
        click.echo(f"{size} would be deleted; delete with --yes")


@click.command(short_help="Restore a night from its off-site copy.")
@click.argument("night", required=False)
@click.option("--into", metavar="DIR", help="Restore into this directory.  [default: the workspace]")
@click.option("--force", is_flag=True, help="Overwrite files that differ from the copy.")
@json_option
@click.pass_obj
def restore(context: Context, night: str | None, into: str | None, *, force: bool, as_json: bool) -> None:
    """Restore NIGHT bit for bit; without NIGHT, list the nights in the store.

    Equal files are left alone; if one differs, nothing is changed unless --force is given.
    """
    from contextlib import nullcontext
    from pathlib import Path

    from ct_retrain import disk
    from ct_retrain.nightly.snapshots.restore import nights_in
    from ct_retrain.nightly.snapshots.restore import restore as bring_back

    app = context.app(anywhere=True)  # all of it may have been lost
    store = _store(app)
    if night is None:
        found = nights_in(store)
        print_json(found) if as_json else click.echo("\n".join(found) or f"{store.name} holds no nights")
        return
    with nullcontext() if into else disk.lock(app.workspace.lock):
        target = Path(into).resolve() if into else None
        done = bring_back(app.workspace, store, night, target, force=force)
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        click.echo(
            f"{night}: {done.written} restored below {done.into} ({in_bytes(done.size)}), {done.unchanged} existed already"
        )


def _store(app: App) -> Store:
    from ct_retrain.core.errors import UsageError

    if app.ports.store is None:
        message = "there is no off-site copy: set snapshot.target to a directory or s3://BUCKET/PREFIX"
        raise UsageError(message)
    return app.ports.store


def in_bytes(size: float) -> str:
    """*size* in the unit that reads best."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
