"""The pages in a real browser: nothing asked of the network, nothing on the console, links, widths, accessibility."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlparse
from urllib.request import url2pathname

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.report.nights import HELD, PUBLISHED, REJECTED

from ct_retrain import disk
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.report.pages import write
from ct_retrain.report.report_inputs import ReportInputs

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = (375, 1280)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(nights, tmp_path_factory) -> list[Path]:
    """Every page of the four nights, and the history."""
    root = tmp_path_factory.mktemp("pages") / "town"
    shutil.copytree(nights.workspace.root, root, symlinks=True)
    workspace = Workspace(root, nights.settings.paths)
    records = [disk.read_record(path, NightRecord) for path in sorted(workspace.records.glob("*.json"))]
    return [*write(ReportInputs.of(workspace, nights.settings), records), workspace.reports / "index.html"]


class Watched:
    """A page with everything it said and asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))


def opened(browser: Browser, path: Path, width: int = 1280, scheme: Any = "light") -> Watched:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    watched = Watched(context.new_page())
    watched.page.goto(path.as_uri())
    return watched


def test_nothing_is_asked_of_the_network_and_nothing_said_on_the_console(browser, pages):
    for path in pages:
        watched = opened(browser, path)
        outside = [url for url in watched.asked if url != path.as_uri() and not url.startswith("data:")]
        assert (path.name, watched.said, outside) == (path.name, [], [])


def test_every_link_resolves(browser, pages):
    followed = 0
    for path in pages:
        page = opened(browser, path).page
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            url, anchor = urldefrag(link)
            target = Path(url2pathname(urlparse(url).path))
            assert urlparse(url).scheme == "file", link
            assert target.is_file(), link
            if anchor:
                assert target == path, link
                assert page.locator(f"[id='{anchor}']").count() == 1, link
            followed += 1
    assert followed > 20


def test_ids_are_used_once_and_every_reference_has_one(browser, pages):
    for path in pages:
        page = opened(browser, path).page
        ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
        wanted = page.eval_on_selector_all(
            "[aria-labelledby]", "all => all.map(one => one.getAttribute('aria-labelledby'))"
        )
        assert sorted(ids) == sorted(set(ids))
        assert set(wanted) <= set(ids)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_as_wide_as_its_screen_and_has_something_on_it(browser, pages, tmp_path, width, scheme):
    for path in pages:
        page = opened(browser, path, width, scheme).page
        picture = page.screenshot(path=tmp_path / f"{path.stem}.png", full_page=True)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (path.name, over) == (path.name, 0)
        assert len(picture) > 20_000
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 22, 27)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, pages, scheme):
    for path in pages:
        if path.stem not in {PUBLISHED, HELD, REJECTED, "index"}:
            continue
        page = opened(browser, path, 375 if scheme == "dark" else 1280, scheme).page
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_charts_take_the_colours_of_the_page(browser, pages):
    path = next(one for one in pages if one.stem == HELD)
    colours = []
    for scheme in ("light", "dark"):
        page = opened(browser, path, scheme=scheme).page
        colours.append(page.eval_on_selector("svg.chart text", "text => getComputedStyle(text).fill"))
    assert len(set(colours)) == 2
