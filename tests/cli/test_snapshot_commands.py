"""`snapshot`, `purge` and `restore` as a person types them."""

import json
from pathlib import Path

import pytest
from tests.bucket import Bucket
from tests.nights_behind import NIGHTS, OLD, Season

from ct_retrain.cli import call


def _call(season: Season, *arguments: str, target: str | None = None) -> int:
    root = str(season.workspace.root)
    return call(["-C", root, "--set", f"snapshot.target={target or season.store.name}", *arguments])


def test_without_a_target_the_setting_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").touch()
    for command in ("snapshot", "purge", "restore"):
        assert call(["-C", str(tmp_path), command]) == 2
        assert "set snapshot.target" in capsys.readouterr().err


def test_a_year_of_nights_copied_purged_and_brought_back(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    before = season.tree()
    assert _call(season, "snapshot") == 0
    assert capsys.readouterr().out.count("read back from") == len(NIGHTS)
    assert _call(season, "snapshot") == 0
    assert "is in" in capsys.readouterr().out
    season.age()

    assert _call(season, "purge") == 0
    told = capsys.readouterr().out
    assert "would be deleted" in told
    assert "the next night continues it" in told
    assert season.tree() == before

    assert _call(season, "purge", "--yes", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert [one["night"] for one in done["leaving"]] == list(OLD)
    assert season.tree() != before

    assert _call(season, "restore") == 0
    assert capsys.readouterr().out.split() == list(NIGHTS)
    for night in OLD:
        assert _call(season, "restore", night) == 0
    assert season.tree() == before


def test_a_damaged_copy_makes_purge_exit_with_corrupt_state(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _call(season, "snapshot", OLD[0], "--json") == 0
    (receipt,) = json.loads(capsys.readouterr().out)
    assert receipt["night"] == OLD[0]
    season.age()
    (Path(season.store.name) / receipt["index"]["key"]).unlink()
    before = season.tree()

    assert _call(season, "purge", "--yes") == 5
    assert "DAMAGED" in capsys.readouterr().out
    assert season.tree() == before


def test_a_bucket_by_setting(season: Season, bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    settings = bucket.settings
    assert (
        _call(
            season, "-s", f"snapshot.endpoint={settings.endpoint}", "snapshot", OLD[0], target=settings.target
        )
        == 0
    )
    assert settings.target in capsys.readouterr().out
    assert any(f"team/nights/{OLD[0]}/" in key for key in bucket.listed())
