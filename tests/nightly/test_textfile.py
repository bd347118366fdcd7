"""The text file for node_exporter: read back by Prometheus' own parser."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, found, leave_trace, live

from ct_retrain.nightly.records.index import record_of
from ct_retrain.nightly.textfile import exposition

parser = pytest.importorskip("prometheus_client.parser")
NIGHT = "2026-01-01"


def figures(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Metric → labels → value."""
    return {
        family.name: {tuple(sorted(one.labels.items())): one.value for one in family.samples}
        for family in parser.text_string_to_metric_families(text)
    }


@pytest.fixture
def told(tmp_path: Path) -> SmallWorkspace:
    small = found(tmp_path / "town")
    leave_trace(small.workspace, "run_2", 2)
    tracking = small.settings.tracking.model_copy(update={"textfile": "../metrics/ct_retrain.prom"})
    tmp_path.joinpath("metrics").mkdir()
    return small._replace(settings=small.settings.model_copy(update={"tracking": tracking}))


def test_a_night_leaves_its_figures_where_the_setting_says(told: SmallWorkspace, tmp_path: Path) -> None:
    record = live(told, NIGHT)
    directory = tmp_path / "metrics"
    read = figures(directory.joinpath("ct_retrain.prom").read_text())

    assert read["ct_retrain_night_outcome"][(("outcome", record.outcome.value),)] == 1
    assert sum(read["ct_retrain_night_outcome"].values()) == 1
    assert read["ct_retrain_night_finished_seconds"][()] == pytest.approx(record.finished.timestamp())
    assert {
        name: read["ct_retrain_night_figure"][(("figure", name),)] for name in record.metrics
    } == record.metrics
    assert [one.name for one in directory.iterdir()] == ["ct_retrain.prom"]
    assert directory.joinpath("ct_retrain.prom").stat().st_mode & 0o777 == 0o644

    live(told, "2026-01-02")
    live(told, NIGHT)
    info = figures(directory.joinpath("ct_retrain.prom").read_text())["ct_retrain_night_info"]
    assert [dict(one)["night"] for one in info] == ["2026-01-02"]


def test_a_directory_that_is_not_there_costs_the_file_and_not_the_night(
    told: SmallWorkspace, tmp_path: Path
) -> None:
    tmp_path.joinpath("metrics").rmdir()
    record = live(told, NIGHT)

    assert record_of(told.workspace, NIGHT) == record
    assert any("metrics" in path.read_text() for path in told.workspace.outbox.glob("*/part-textfile-*.json"))


def test_labels_survive_every_character(told: SmallWorkspace) -> None:
    record = live(told, NIGHT).model_copy(update={"metrics": {'a "b"\\\nc': 0.5, "big": float("inf")}})

    assert figures(exposition(record))["ct_retrain_night_figure"] == {
        (("figure", 'a "b"\\\nc'),): 0.5,
        (("figure", "big"),): float("inf"),
    }
