"""The report's pages: every outcome, whatever is left on disk, whatever a model wrote."""

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.report.nights import (
    HELD,
    NOTHING,
    PUBLISHED,
    REJECTED,
    Made,
    answered,
    many_nights,
)
from tests.small_workspace import SmallWorkspace, found, live

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.configuration.loading import flat
from ct_retrain.core.configuration.settings import EndpointSettings, NoticeSettings, ReportSettings, Settings
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.run import Options, follow_up, run_night
from ct_retrain.report.pages import is_written, write_pages
from ct_retrain.report.report_inputs import ReportInputs

LIMIT = 2_000_000
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")


def record_of(small: SmallWorkspace, name: str) -> NightRecord:
    return disk.read_record(small.workspace.record(name), NightRecord)


def written(small: SmallWorkspace, name: str) -> str:
    return write_pages(ReportInputs.of(small.workspace, small.settings), [record_of(small, name)])[
        0
    ].read_text()


def history(small: SmallWorkspace) -> str:
    return (small.workspace.reports / "index.html").read_text()


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def seen(page: str) -> str:
    """The words of a page, as one line."""
    parser = _Seen()
    parser.feed(page.split("</style>", 1)[1])
    return " ".join(" ".join(parser.text).split())


@pytest.mark.parametrize(
    ("name", "headline", "serving"),
    [
        (PUBLISHED, "✓ Published", f"nightly_{PUBLISHED} was served"),
        (NOTHING, "– Nothing new", f"nightly_{PUBLISHED} was still served"),
        (HELD, "‖ Held: not published", f"nightly_{PUBLISHED} was still served"),
        (REJECTED, "✕ Rejected", f"nightly_{PUBLISHED} was still served"),
    ],
)
def test_a_page_begins_with_the_outcome_what_is_served_and_why(small, name, headline, serving):
    said = seen(written(small, name))
    first, *others = [" ".join(line.split()) for line in record_of(small, name).reason.splitlines()]

    assert said.index(headline) < said.index(serving) < said.index(first) < 300
    assert all(one in said for one in others)


def test_three_figures_stand_before_the_reasons_in_full_and_the_names_of_problems(small):
    page = written(small, REJECTED)

    hero, rest = page[page.index('class="hero') : page.index("</main>")].split('<nav aria-label="Contents">')
    assert hero.split("</dl>")[0].count('class="tile"') == 3
    assert "flip_" not in hero
    assert "flip_" in rest


def test_nights_can_be_filtered_by_outcome_without_a_script(small):
    written(small, REJECTED)

    assert '<option value="held">held</option>' in history(small)
    assert history(small).count('<tr data-outcome="') == 4
    assert "<script" not in history(small)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (PUBLISHED, "ct-retrain rollback"),
        (HELD, f"ct-retrain promote {HELD} --force"),
        (REJECTED, f"archive/{REJECTED}"),
    ],
)
def test_a_page_says_what_can_be_done_next(small, name, command):
    assert command in seen(written(small, name))


def test_scores_are_drawn_and_written_down(small):
    page = written(small, HELD)
    said = seen(page)

    assert page.count('<svg class="chart" role="img"') == 3
    assert "Tonight minus last nightly and mainline: +12.5 points against last nightly" in said
    assert "pass@1 of all problems and by category: tonight 87.5%, last nightly 75.0%, mainline 0.0%" in said
    assert "Training loss" in said


def test_problems_won_and_lost_are_mapped_over_the_nights(small):
    page = written(small, REJECTED)
    row = re.search(
        r'<tr data-change="\d+" data-problem="\d+"><th scope="row" title="logic">flip_8</th>(.*?)</tr>', page
    )
    assert row is not None

    assert re.findall(r'class="(\w+)" title="([^"]*)"', row[1]) == [
        ("unsolved", "0 of 2, mainline 0"),
        ("won", "2 of 2, last nightly 0"),
        ("unsolved", "0 of 2, last nightly 0"),
    ]
    assert 'class="lost" title="0 of 2, last nightly 2"' in page


def test_what_was_lost_is_shown_first_with_its_diff(small):
    page = written(small, REJECTED)

    assert re.findall(r'id="failure-\d"', page) == [f'id="failure-{number}"' for number in range(1, 6)]
    first = page[page.index('id="failure-1"') : page.index('id="failure-2"')]
    assert "lost against last nightly" in first
    assert '<span class="del">-  assign y = ~a;</span>' in first
    assert "0 of 2" in first
    assert f"archive/{REJECTED}" not in first


def test_what_was_collected_and_refused_is_counted_with_a_case_of_it(small):
    said = seen(written(small, PUBLISHED))

    assert "runs seen 6" in said
    assert "passed simulations collected 6" in said
    assert re.search(r"(bad line|json|no json)\S* 1 collect run_3|1 collect \S*run_3", said), said
    assert "delta" in said
    assert "gold" in said


def test_checks_stages_and_provenance_are_there(small):
    record = record_of(small, PUBLISHED)
    said = seen(written(small, PUBLISHED))

    for check in record.decision.evidence.checks:
        assert f"{check.name} ✓ holds" in said
    for ref in record.stages:
        assert ref.path in said
    assert record.provenance.commit[:12] in said
    for name, version in record.provenance.packages.items():
        assert f"{name} {version}" in said


def test_the_history_tells_what_is_served_all_nights_and_all_moves(small):
    for name in (PUBLISHED, NOTHING, HELD, REJECTED):
        written(small, name)
    page = history(small)
    said = seen(page)

    assert said.index(f"Served now: nightly_{PUBLISHED}") < said.index(
        "nights 4 published 1 held 1 rejected 1"
    )
    assert [name for name in (REJECTED, HELD, NOTHING, PUBLISHED) if f'href="{name}.html"' in page] == [
        REJECTED,
        HELD,
        NOTHING,
        PUBLISHED,
    ]
    assert "functional by night, the candidate of each against mainline" in said
    assert "Promoted. Against mainline" in said[said.index("Moves of") :]


def test_moves_before_a_damaged_line_are_on_the_page_which_names_the_line(small):
    with (small.workspace.models / "history.jsonl").open("a") as file:
        file.write("{half\n")
    written(small, PUBLISHED)
    said = seen(history(small))

    assert "Promoted. Against mainline" in said[said.index("Moves of") :]
    assert "history.jsonl" in said


def test_only_pages_that_exist_are_linked(small):
    page = written(small, HELD)

    assert set(re.findall(r'href="([^"#]+)"', page)) == {"data:,", "index.html"}
    assert re.findall(r'href="(2026[^"]*)"', history(small)) == [f"{HELD}.html"] * 1


def test_equal_input_gives_equal_bytes(small):
    first = (written(small, HELD), history(small))
    second = (written(small, HELD), history(small))

    assert first == second


@pytest.mark.parametrize("stage", ["collect", "curate", "train", "benchmark"])
def test_a_stage_that_was_purged_is_said_on_the_page(small, stage):
    shutil.rmtree(small.workspace.stage(PUBLISHED, stage))
    said = seen(written(small, PUBLISHED))

    assert "Not everything can be shown." in said
    assert f"{PUBLISHED}/{stage}/manifest.json no longer exists" in said


def test_a_night_whose_directory_is_gone_still_has_its_figures(small):
    shutil.rmtree(small.workspace.night(PUBLISHED))
    shutil.rmtree(small.workspace.archive, ignore_errors=True)
    said = seen(written(small, PUBLISHED))

    assert "Tonight minus last nightly and mainline: +75.0 points against mainline" in said
    assert "✓ Published" in said
    assert "adapter loads ✓ holds" in said


def test_what_the_archive_kept_of_a_purged_night_is_shown_from_there(small):
    shutil.rmtree(small.workspace.night(REJECTED))
    page = written(small, REJECTED)

    assert f"archive/{REJECTED}/benchmark/samples/candidate-" in page
    assert "Not everything can be shown." not in page


def test_answers_that_are_gone_are_said(small):
    shutil.rmtree(small.workspace.stage(REJECTED, "benchmark") / "samples")
    said = seen(written(small, REJECTED))

    assert f"answers no longer exist in work/continuous_retrain/{REJECTED}/benchmark/samples" in said
    assert "lost against last nightly" in said


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("work/continuous_retrain/2026-01-03/benchmark/manifest.json", "{"),
        ("work/continuous_retrain/2026-01-03/train/manifest.json", "\x00\xff"),
        ("work/continuous_retrain/2026-01-03/curate/rejected.jsonl", '{"half'),
        ("models/qwen_coder_rtl/history.jsonl", "nothing\n"),
        ("data/run_db/nightly/2026-01-02.json", "[]"),
        ("suite.jsonl", "not a problem\n"),
    ],
)
def test_a_file_that_is_not_ours_costs_no_page(small, path, text):
    small.workspace.root.joinpath(path).write_bytes(text.encode("latin-1"))
    said = seen(written(small, HELD))

    assert "‖ Held" in said
    if not path.endswith("rejected.jsonl"):
        assert path.rpartition("/")[2] in said


@pytest.mark.slow
def test_every_file_of_a_night_may_be_missing(small):
    files = sorted(small.workspace.night(REJECTED).rglob("*.json*"))
    shutil.rmtree(small.workspace.archive)
    for path in files:
        kept = path.read_bytes()
        path.unlink()
        assert "✕ Rejected" in seen(written(small, REJECTED)), path
        path.write_bytes(kept)


def test_figures_of_an_edited_manifest_are_not_passed_off_as_the_nights(small):
    path = small.workspace.stage(HELD, "train") / "manifest.json"
    path.write_text(path.read_text().replace('"loss": 0.5', '"loss": 0.25'))

    assert "differs from the file that the night's record names" in seen(written(small, HELD))


HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<!-- ]]> &lt; {{ 7*7 }} {% raw %}",
    "\x00\x07\x1b[2J\u202e\u2066\ud7ff\ufeff\x7f",
    "\" onmouseover='alert(1)' x=\"",
    "javascript:alert(1)",
    "A" * 200_000,
    "\n" * 20_000,
    "$\\frac{1}{0}$ \\unknown{",
]


def test_what_a_model_wrote_is_text_and_nothing_else(tmp_path):
    answers = {
        width: f"module flip{width}; // {text}" for width, text in zip(range(2, 7), HOSTILE[:5], strict=True)
    }
    small, _ = answered(tmp_path / "town", answers)
    page = written(small, PUBLISHED)
    parser = _Seen()
    parser.feed(page)

    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert not {"script", "img", "iframe", "object", "form"} & set(parser.tags)
    assert parser.tags.count("style") == 1 + parser.tags.count("select")
    assert not UNPRINTABLE.search(page)


def test_huge_answers_make_no_huge_page(tmp_path):
    answers = {
        width: f"module flip{width}; {text}" for width, text in zip(range(2, 6), HOSTILE[5:], strict=True)
    }
    small, _ = answered(tmp_path / "town", answers)
    page = written(small, PUBLISHED)

    assert "…</span>" in page
    assert "more characters)" not in page
    assert len(page) < LIMIT / 4


def test_names_and_reasons_from_outside_are_text_everywhere(small):
    everything = " ".join(HOSTILE)
    path = small.workspace.record(HELD)
    facts = json.loads(path.read_text())
    facts |= {"reason": everything, "latest": everything}
    facts["provenance"] |= {"host": everything, "packages": {text: text for text in HOSTILE}}
    facts["provenance"]["settings"] = {text: text for text in HOSTILE}
    facts["decision"]["evidence"]["checks"][0]["note"] = everything
    facts["decision"]["evidence"]["comparisons"][0]["won"] = HOSTILE
    path.write_text(json.dumps(facts))
    edit(small, "curate", lambda found: found | {"categories": counts(), "rejected": counts()})
    edit(small, "benchmark", with_hostile_categories)

    for page in (written(small, HELD), history(small)):
        parser = _Seen()
        parser.feed(page)
        assert not {"script", "img"} & set(parser.tags)
        assert "onmouseover" not in parser.attributes
        assert not UNPRINTABLE.search(page)
        assert len(page) < LIMIT / 2


def counts() -> dict[str, int]:
    return {text: number for number, text in enumerate(HOSTILE, 1)}


def with_hostile_categories(facts: dict[str, Any]) -> dict[str, Any]:
    for card in facts["scorecards"]:
        card["categories"] = dict.fromkeys(HOSTILE, card["functional"])
    return facts


def edit(small: SmallWorkspace, stage: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = small.workspace.stage(HELD, stage) / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"facts": change(manifest["facts"])}))


def test_secrets_are_on_no_page(tmp_path):
    secret = "hunter2-very-secret"
    small = found(tmp_path / "town")
    settings = small.settings.model_copy(
        update={
            "notices": NoticeSettings(urls=SecretStr(f"slack://{secret}"), heartbeat=SecretStr(secret)),
            "endpoint": EndpointSettings(api_key=SecretStr(secret)),
        }
    )
    made = small.ports.provenance().model_copy(update={"settings": flat(settings)})
    small = small._replace(settings=settings, ports=small.ports._replace(provenance=lambda: made))
    live(small, PUBLISHED)
    page = written(small, PUBLISHED)

    assert "notices.urls" in page
    assert secret not in page + history(small)


def test_a_year_of_a_large_suite_fits(tmp_path):
    settings = Settings()
    workspace = Workspace(tmp_path, settings.paths)
    records = many_nights(workspace, Made(nights=60, problems=156))
    [path] = write_pages(ReportInputs.of(workspace, settings), records[-1:])
    page = path.read_text()

    assert path.stat().st_size < LIMIT / 2
    assert path.with_name("index.html").stat().st_size < LIMIT / 2
    assert page.count('scope="col" title="2026-') in {14, 2 * 14}
    assert (
        len(re.findall(r'<tr [^>]*data-problem="\d+"><th scope="row" title="[^"]*">problem_of', page)) == 156
    )


def test_a_workspace_without_a_night_has_a_history_that_says_so(tmp_path, capsys):
    (tmp_path / "ct-retrain.toml").touch()
    assert call(["-C", str(tmp_path), "report"]) == 2
    assert "no night has ended yet" in capsys.readouterr().err


def test_the_night_writes_its_page_before_its_notice_and_once(small):
    made: list[str] = []

    def reporter(workspace: Workspace, record: NightRecord) -> Path:
        made.append(record.night)
        assert not (workspace.outbox / record.night).exists()
        return write_pages(ReportInputs.of(workspace, small.settings), [record])[0]

    shutil.rmtree(small.workspace.outbox / REJECTED)
    ports = small.ports._replace(reporter=reporter)
    for _ in range(2):
        run_night(small.workspace, small.settings, ports, Options(night=REJECTED))

    assert made == [REJECTED]
    assert is_written(small.workspace, record_of(small, REJECTED))
    assert next(iter(follow_up.PARTS)) == "report"


def test_a_page_of_an_earlier_try_is_written_again(small):
    record = record_of(small, HELD)
    written(small, HELD)

    assert is_written(small.workspace, record)
    assert not is_written(small.workspace, record.model_copy(update={"reason": "another"}))


def test_a_report_that_fails_keeps_nobody_from_being_told(small):
    def reporter(workspace: Workspace, record: NightRecord) -> Path:
        raise KeyError("a bug")

    shutil.rmtree(small.workspace.outbox / HELD)
    failed = follow_up.follow_up(
        small.workspace, small.settings, small.ports._replace(reporter=reporter), record_of(small, HELD)
    )

    assert list(failed) == ["report"]
    assert "KeyError" in failed["report"]
    assert list((small.workspace.outbox / HELD).glob("*.json"))


def test_the_command_writes_both_pages_and_prints_where(small, capsys):
    assert call(["-C", str(small.workspace.root), "report"]) == 0
    printed = capsys.readouterr().out.split()

    assert [Path(line).name for line in printed] == [f"{REJECTED}.html", "index.html"]
    assert all(Path(line).is_file() for line in printed)


def test_the_command_takes_a_night_or_all_of_them(small, capsys):
    assert call(["-C", str(small.workspace.root), "report", HELD, "--json"]) == 0
    pages = json.loads(capsys.readouterr().out)
    assert [(Path(one["path"]).name, one["bytes"]) for one in pages] == [
        (name, (small.workspace.reports / name).stat().st_size) for name in (f"{HELD}.html", "index.html")
    ]

    assert call(["-C", str(small.workspace.root), "report", "--all"]) == 0
    assert len(capsys.readouterr().out.split()) == 5
    assert f'href="{REJECTED}.html"' in (small.workspace.reports / f"{HELD}.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["2026-02-02"], "no night 2026-02-02 on record"), ([HELD, "--all"], "do not go together")],
)
def test_a_night_that_is_not_on_record_is_the_callers_fault(small, capsys, arguments, said):
    assert call(["-C", str(small.workspace.root), "report", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_group_of_categories_is_counted_together(small):
    report = ReportSettings(groups={"taught": ("logic", "fsm"), "kept": ("memory",)})
    settings = small.settings.model_copy(update={"report": report})
    record = record_of(small, REJECTED)
    [path] = write_pages(ReportInputs.of(small.workspace, settings), [record])
    said = seen(path.read_text())

    assert "By group" in said
    assert re.search(r"taught 8 8 0\.0% .*? 75\.0% \(", said)
    assert "kept 0, no problem is of memory" in said
    assert "By group" not in seen(written(small, REJECTED))
