"""`artefacts` and `convert` as a person types them."""

import json
from pathlib import Path

import pytest
from tests.loose_artefacts import loosen
from tests.nights_behind import OLD, Season

from ct_retrain.cli import call
from ct_retrain.stages._artefact_store import pack_files

ONE = OLD[0]


def _call(season: Season, *arguments: str) -> int:
    return call(
        ["-C", str(season.workspace.root), "--set", f"snapshot.target={season.store.name}", *arguments]
    )


def test_artefacts_are_listed_and_extracted(
    season: Season, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _call(season, "artefacts", ONE) == 0
    assert "rtl.v" in capsys.readouterr().out
    assert _call(season, "artefacts", ONE, "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert _call(season, "artefacts", ONE, "--extract", str(tmp_path / "out")) == 0
    assert f"{len(listed)} files" in capsys.readouterr().out
    for one in listed:
        assert (tmp_path / "out" / one["path"]).stat().st_size == one["size"]
    assert _call(season, "artefacts", ONE, "--extract", str(tmp_path / "out")) == 2
    assert "name a new directory" in capsys.readouterr().err


def test_a_night_without_artefacts_says_why(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert _call(season, "artefacts", "2025-01-01") == 2
    assert "collected nothing here" in capsys.readouterr().err
    season.copied()
    assert _call(season, "purge", "--yes") == 0
    assert _call(season, "artefacts", ONE) == 2
    assert f"ct-retrain restore {ONE}" in capsys.readouterr().err


def test_convert_prints_its_plan_first(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert _call(season, "convert") == 0
    assert "in today's form" in capsys.readouterr().out
    loosen(season.workspace, ONE)
    before = season.tree()
    assert _call(season, "convert") == 0
    told = capsys.readouterr().out
    assert ONE in told
    assert "--yes converts them" in told
    assert season.tree() == before
    assert _call(season, "convert", "--yes", "--json") == 0
    assert [one["night"] for one in json.loads(capsys.readouterr().out)] == [ONE]
    assert pack_files(season.workspace.stage(ONE, "collect")).places.exists()
