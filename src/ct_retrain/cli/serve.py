"""`serve`: what runs now, and the pages, in a browser of this machine; read-only."""

from __future__ import annotations

import click

from ct_retrain.cli.context import Context


@click.command(short_help="What runs now, and the pages, in a browser.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8760, show_default=True, help="0 takes a free one."
)
@click.pass_obj
def serve(context: Context, port: int) -> None:
    """Show what runs, what is served and every page at http://127.0.0.1:PORT, kept fresh, until Ctrl-C.

    For this machine alone, and read-only; from elsewhere: `ssh -L 8760:127.0.0.1:8760 HOST`.
    """
    from ct_retrain.cli.page_server import LOCAL, PageServer
    from ct_retrain.core.errors import UsageError

    try:
        server = PageServer(context.opened(), port)
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be listened on: {error.strerror}; name another: --port"
        ) from error
    with server:
        click.echo(f"http://{LOCAL}:{server.server_port}")
        server.serve_forever()
