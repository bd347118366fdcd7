"""Publishing: only a Promote, atomically, with a history; and the way back."""

from pathlib import Path

import pytest
from tests.town import Town, found, leave_trace

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.nightly import Options, run
from ct_retrain.stages.publish import Reason, history, latest, move_latest, predecessor, verified


def two_releases(root: Path) -> Town:
    town = found(root)
    for night, widths in (("2026-01-01", range(2, 7)), ("2026-01-02", range(7, 10))):
        for width in widths:
            leave_trace(town.workspace, f"run_{width}", width)
        settings = town.settings.model_copy(
            update={"gate": town.settings.gate.model_copy(update={"confidence": 0.6})}
        )
        run(town.workspace, settings, town.ports, Options(night=night))
    return town


def test_a_release_holds_what_its_manifest_names_and_cannot_be_written(tmp_path: Path) -> None:
    models = two_releases(tmp_path).workspace.models
    release = verified(models, "nightly_2026-01-02")

    assert release.night == "2026-01-02"
    assert {file.path for file in release.files} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "scorecard.json",
    }
    assert (models / "nightly_2026-01-02" / "release.json").stat().st_mode & 0o222 == 0


def test_rollback_finds_the_release_before_and_leaves_history(tmp_path: Path) -> None:
    models = two_releases(tmp_path).workspace.models

    assert predecessor(models) == "nightly_2026-01-01"
    move_latest(models, "nightly_2026-01-01", Reason(None, "worse in the lab", "rollback"))
    assert latest(models) == "nightly_2026-01-01"
    assert [move.who for move in history(models)] == ["night", "night", "rollback"]
    assert history(models)[-1].source == "nightly_2026-01-02"


def test_moving_to_where_the_pointer_is_leaves_one_line(tmp_path: Path) -> None:
    models = two_releases(tmp_path).workspace.models
    move_latest(models, "nightly_2026-01-02", Reason(None, "again", "rollback"))

    assert len(history(models)) == 2


def test_a_release_whose_bytes_changed_is_not_verified(tmp_path: Path) -> None:
    models = two_releases(tmp_path).workspace.models
    weights = models / "nightly_2026-01-01" / "adapter_model.safetensors"
    weights.chmod(0o644)
    weights.write_text("other weights")
    with pytest.raises(CorruptStateError, match="does not hold the bytes"):
        verified(models, "nightly_2026-01-01")


def test_an_unknown_release_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="history"):
        verified(two_releases(tmp_path).workspace.models, "nightly_1999-01-01")


def test_a_link_to_an_incomplete_release_is_corrupt_state(tmp_path: Path) -> None:
    models = two_releases(tmp_path).workspace.models
    disk.remove_tree(models / "nightly_2026-01-02")
    with pytest.raises(CorruptStateError, match="no complete release"):
        latest(models)


def test_without_an_earlier_release_there_is_no_way_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no earlier release"):
        predecessor(found(tmp_path).workspace.models)
