"""The pages in a real browser: nothing asked of the network, nothing on the console, links, widths, accessibility."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlparse
from urllib.request import url2pathname

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.report.nights import HELD, REJECTED, an_experiment

from ct_retrain import disk
from ct_retrain.breakdowns import BROKEN as BROKEN_FILE
from ct_retrain.breakdowns import broken_nights
from ct_retrain.core.configuration.settings import ReportSettings
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.records.index import records
from ct_retrain.report.comparison import compare_nights
from ct_retrain.report.comparison_page import write_comparison
from ct_retrain.report.experiment_page import write_experiment
from ct_retrain.report.pages import INDEX, write_pages
from ct_retrain.report.report_inputs import ReportInputs

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = (390, 1280)
PHONE = 844
"""Height of a phone's screen of 390 pixels."""
BROKEN = "2026-01-05"
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
    """Every page of the four nights and of a broken one, two nights compared, an experiment, and the history."""
    root = tmp_path_factory.mktemp("pages") / "town"
    shutil.copytree(nights.workspace.root, root, symlinks=True)
    workspace = Workspace(root, nights.settings.paths)
    break_night(workspace, BROKEN)
    report = ReportSettings(groups={"taught": ("logic",), "kept": ("fsm", "memory")})
    settings = nights.settings.model_copy(update={"report": report})
    ended, inputs = records(workspace), ReportInputs.of(workspace, settings)
    return [
        *write_pages(inputs, [*ended, *broken_nights(workspace)]),
        write_comparison(workspace, compare_nights(workspace, settings.gate, ended[0], ended[3])),
        write_experiment(workspace, an_experiment()),
        workspace.reports / INDEX,
    ]


def break_night(workspace: Workspace, night: str) -> None:
    said = "the trainer ended with 1: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.65 GiB)\nfree memory"
    told = Breakdown(
        night=night,
        at=datetime(2026, 1, 5, 2, tzinfo=UTC),
        stage="train",
        kind="ToolError",
        said=said,
        traceback=f"archive/{night}/traceback.txt",
        log=("step 1", "step 2 of 100 " + "x" * 300),
    )
    path = disk.make_directory(workspace.archive / night) / BROKEN_FILE
    disk.write_record(path, told)


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
    context = browser.new_context(viewport={"width": width, "height": PHONE}, color_scheme=scheme)
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


def test_outcome_reason_and_next_step_are_on_a_phones_first_screen(browser, pages):
    for path in pages:
        page = opened(browser, path, 390).page
        heads = page.eval_on_selector_all(
            "main .hero:first-of-type :is(h1, p)", "all => all.map(one => one.getBoundingClientRect().bottom)"
        )
        code = page.eval_on_selector_all(
            "main .hero code", "all => all.map(one => one.getBoundingClientRect().bottom)"
        )
        assert len(heads) >= 2, path.name
        assert code or path.stem.startswith("experiment"), path.name
        assert (path.name, max(heads + code[:1]) <= PHONE) == (path.name, True)


def test_on_a_phone_no_table_is_wider_than_the_screen(browser, pages):
    for path in pages:
        page = opened(browser, path, 390).page
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        wide = page.eval_on_selector_all(
            ".scroll:not(:has(.heat))",
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.ariaLabel)",
        )
        assert (path.name, wide) == (path.name, [])


def test_problems_are_filtered_by_what_happened_and_by_name(browser, pages):
    path = next(one for one in pages if one.stem == REJECTED)
    page = opened(browser, path).page

    def shown() -> list[str]:
        return page.eval_on_selector_all(
            ".heat tbody tr",
            "all => all.filter(one => one.offsetParent).map(one => one.cells[0].textContent)",
        )

    every = shown()
    page.select_option("select[name=change]", label="lost")
    lost = shown()
    page.select_option("select[name=change]", "")
    page.select_option("select[name=problem]", label="flip_9")

    assert len(every) == 8
    assert lost == [f"flip_{width}" for width in range(2, 8)]
    assert shown() == ["flip_9"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, pages, scheme):
    for path in pages:
        page = opened(browser, path, 390 if scheme == "dark" else 1280, scheme).page
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
