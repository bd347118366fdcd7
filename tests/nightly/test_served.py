"""A night whose answers come from a server that it starts itself, by the real command line's own parts."""

import os
import sys
from pathlib import Path

import pytest
from tests import command_line_workspace
from tests.command_line_workspace import alive, descendants
from tests.loopback import free_port

from ct_retrain.compose import build, with_cache
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.nightly.run import Options, run_night

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_SERVE = """\
import sys
from tests.command_line_workspace import _Handler, _Server
print("serving from", sys.argv[1], flush=True)
_Server(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
"""
_NOBODY_SERVES = """\
import socket
with socket.socket() as one:
    assert one.connect_ex(("127.0.0.1", {port})) != 0, "the server holds the memory that training needs"
"""


def test_a_night_starts_its_server_after_training_and_ends_it(tmp_path: Path) -> None:
    port, root = free_port(), tmp_path / "town"
    workspace = command_line_workspace.opened(
        root, tmp_path / "trainer.py", f"http://127.0.0.1:{port}/v1", range(2, 7)
    )
    trainer = tmp_path / "trainer.py"
    trainer.write_text(_NOBODY_SERVES.format(port=port) + trainer.read_text())
    (root / "serve.py").write_text(_SERVE)
    app = with_cache(
        build(root, {"endpoint.command": f"env PYTHONPATH={ROOT} {sys.executable} serve.py {port}"})
    )
    app.ports.generators.open(None)
    record = run_night(app.workspace, app.settings, app.ports, Options(night="2026-01-01"))

    assert record is not None
    assert record.outcome is NightOutcome.PUBLISHED
    assert (workspace.night("2026-01-01") / "server.log").read_text() == f"serving from {port}\n"
    assert (workspace.work / "server.log").read_text() == f"serving from {port}\n"
    assert not [pid for pid in alive(descendants(os.getpid())) if b"serve.py" in _words(pid)]


def test_a_night_that_breaks_ends_its_server_and_archives_what_it_said(tmp_path: Path) -> None:
    port, root = free_port(), tmp_path / "town"
    workspace = command_line_workspace.opened(
        root, tmp_path / "trainer.py", f"http://127.0.0.1:{port}/v1", range(2, 7)
    )
    (root / "serve.py").write_text("print('no memory left on cuda:0'); raise SystemExit(3)")
    app = with_cache(build(root, {"endpoint.command": f"{sys.executable} serve.py"}))
    with pytest.raises(ToolError, match=r"endpoint\.command ended with exit code 3"):
        run_night(app.workspace, app.settings, app.ports, Options(night="2026-01-01"))
    archived = workspace.archive / "2026-01-01"

    assert (archived / "server.log").read_text() == "no memory left on cuda:0\n"
    assert "no memory left" in (archived / "failure-1.txt").read_text()


def _words(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
