"""`serve` shows a workspace to a browser of this machine: fresh, read-only, and nothing but its pages."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.cli.page_server import PageServer
from ct_retrain.core.opened import open_workspace


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    (tmp_path / "ct-retrain.toml").touch()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/2026-01-01.html").write_text("<p>the night</p>")
    with PageServer(open_workspace(tmp_path), 0) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


def asked(server: PageServer, path: str, method: str = "GET", host: str | None = None) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    link.request(method, path, headers={"Host": host} if host else {})
    answer = link.getresponse()
    text = answer.read().decode()
    link.close()
    return answer.status, text


def test_the_first_page_says_what_runs_now(server: PageServer) -> None:
    quiet = asked(server, "/")[1]
    with disk.lock(server.opened.workspace.lock):
        busy = asked(server, "/")[1]

    assert "Served now: mainline" in quiet
    assert "Running" not in quiet
    assert "Running" in busy
    assert "process " in busy


def test_the_pages_are_served_and_nothing_else(server: PageServer) -> None:
    assert asked(server, "/2026-01-01.html") == (200, "<p>the night</p>")
    for path in (
        "/ct-retrain.toml",
        "/../ct-retrain.toml",
        "/%2e%2e/ct-retrain.toml",
        "/2026-01-02.html",
        "//etc/passwd",
    ):
        assert asked(server, path)[0] == 404
    assert asked(server, "/", method="POST")[0] == 501
    assert asked(server, "/", host="example.org")[0] == 421


def test_a_port_that_is_taken_is_a_usage_error(
    server: PageServer, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(server.opened.workspace.root)

    assert call(["-C", root, "serve", "--port", str(server.server_port)]) == 2
    assert "name another: --port" in capsys.readouterr().err
