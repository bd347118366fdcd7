"""Write nights into an MLflow store, in a process of its own: `python -m ct_retrain.adapters._mlflow_writer`.

Reads a WriteRequest as JSON from standard input and prints a Tracked. A night's runs are deleted and written again,
and only names are read from the store, so a crash is repaired by the next write.
"""

import contextlib
import sys
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from ct_retrain.core.record import Record
from ct_retrain.core.records.tracked import (
    Aliases,
    Tracked,
    TrackedAdapter,
    TrackedExperiment,
    TrackedNight,
    TrackerInput,
)

T = TypeVar("T")

NIGHT, MAINLINE = "ct_retrain.night", "ct_retrain.mainline"
_METRICS, _OTHERS = 900, 90
"""Maximum batch of an MLflow server: 1000 metrics, 100 parameters or tags."""
_LONGEST_PARAMETER, _LONGEST_TAG = 6000, 5000
_REFUSED = 3


class WriteRequest(Record):
    """The request to the process."""

    uri: str
    artifacts: str
    """Artifact root of an experiment that is created; empty lets the store choose."""
    experiment: str
    model: str
    story: TrackerInput | None
    """What to write; None only reads what is there."""


def main() -> int:
    """Carry out the order on standard input; print MLflow's error on one line of standard error."""
    from mlflow.exceptions import MlflowException

    order = WriteRequest.model_validate_json(sys.stdin.buffer.read())
    with contextlib.redirect_stdout(sys.stderr):
        try:
            done = _Store(order).follow(order.story) if order.story else _Store(order).holds()
        except MlflowException as error:
            sys.stderr.write(f"\n{' '.join(str(error).split())}\n")
            return _REFUSED
    sys.stdout.write(done.model_dump_json())
    return 0


class _Store:
    """One experiment and one registered model."""

    def __init__(self, order: WriteRequest) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=order.uri, registry_uri=order.uri)
        self._order = order

    def follow(self, story: TrackerInput) -> Tracked:
        """Write the nights of *story*, replacing earlier runs of them, then its experiments, then move the aliases."""
        experiment = self._experiment(self._order.experiment)
        if self._model() is None:
            self._client.create_registered_model(self._order.model)
        runs, versions = self._runs([experiment]), self._versions()
        for night in story.nights:
            for run in runs.get(night.night, []):
                self._client.delete_run(run.info.run_id)
            for version in versions.get(night.night, []):
                self._client.delete_model_version(self._order.model, version.version)
            self._write(experiment, night)
            if night.base not in versions:
                mainline = TrackedAdapter(path=night.base, tags={MAINLINE: night.base})
                versions[night.base] = [self._register(mainline, None)]
        for told in story.experiments:
            self._write_trials(told)
        self._point(story.aliases)
        return self.holds()

    def _write_trials(self, told: TrackedExperiment) -> None:
        """Write the trainings of one experiment into an MLflow experiment of its own, replacing earlier runs of it."""
        experiment = self._experiment(f"{self._order.experiment}/{told.name}")
        for runs in self._runs([experiment]).values():
            for run in runs:
                self._client.delete_run(run.info.run_id)
        for row in told.rows:
            self._write(experiment, row)

    def holds(self) -> Tracked:
        """Return what is in the store."""
        found = self._client.get_experiment_by_name(self._order.experiment)
        runs = self._runs([found.experiment_id]) if found else {}
        return Tracked(store=self._order.uri, nights=tuple(sorted(runs)), aliases=self._aliases())

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            root = self._order.artifacts or None
            return self._client.create_experiment(name, artifact_location=root)
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return found.experiment_id

    def _runs(self, experiments: list[str]) -> dict[str, list[Any]]:
        """Return night → its runs: one, or more if two machines wrote it at once or a write was interrupted."""
        wanted = f"tags.`{NIGHT}` LIKE '%'"
        return _grouped(
            lambda token: self._client.search_runs(experiments, wanted, max_results=500, page_token=token),
            lambda run: run.data.tags[NIGHT],
        )

    def _write(self, experiment: str, night: TrackedNight) -> None:
        tags = {NIGHT: night.night, "mlflow.source.name": "ct-retrain", "mlflow.user": "ct-retrain"}
        run = self._client.create_run(
            experiment, start_time=_milliseconds(night.started), run_name=night.night, tags=tags
        )
        self._fill(run.info.run_id, night)
        if night.adapter is not None:
            about = {**night.adapter.tags, NIGHT: night.night}
            self._register(night.adapter.model_copy(update={"tags": about}), run.info.run_id)
        self._client.set_terminated(run.info.run_id, "FINISHED", _milliseconds(night.finished))

    def _fill(self, run: str, night: TrackedNight) -> None:
        from mlflow.entities import Metric, Param, RunTag

        at = _milliseconds(night.finished)
        metrics = [Metric(name, value, at, 0) for name, value in night.metrics.items()]
        metrics += [
            Metric(name, point.value, at, point.step)
            for name, curve in night.curves.items()
            for point in curve
        ]
        params = [Param(name, value[:_LONGEST_PARAMETER]) for name, value in night.parameters.items()]
        tags = [RunTag(name, value[:_LONGEST_TAG]) for name, value in night.tags.items()]
        for some in _batches(metrics, _METRICS):
            self._client.log_batch(run, metrics=some)
        for some_params in _batches(params, _OTHERS):
            self._client.log_batch(run, params=some_params)
        for some_tags in _batches(tags, _OTHERS):
            self._client.log_batch(run, tags=some_tags)

    def _versions(self) -> dict[str, list[Any]]:
        """Return night, or name of a mainline → its versions of the registered model."""
        wanted = f"name = '{self._order.model}'"
        return _grouped(
            lambda token: self._client.search_model_versions(wanted, max_results=200, page_token=token),
            lambda version: version.tags.get(NIGHT) or version.tags.get(MAINLINE),
        )

    def _register(self, adapter: TrackedAdapter, run: str | None) -> Any:
        tags = {name: value[:_LONGEST_TAG] for name, value in adapter.tags.items()}
        source = f"ct-retrain:{urllib.parse.quote(adapter.path)}"
        return self._client.create_model_version(self._order.model, source, run_id=run, tags=tags)

    def _point(self, aliases: Aliases) -> None:
        """Move the aliases; delete one whose version is unknown, because a wrong one is worse."""
        versions, there = self._versions(), self._aliases()
        wanted = {"latest_nightly": aliases.latest_nightly, "mainline": aliases.mainline}
        for alias, key in wanted.items():
            known = versions.get(key, []) if key else []
            if known:
                self._client.set_registered_model_alias(self._order.model, alias, str(known[0].version))
            elif alias in there:
                self._client.delete_registered_model_alias(self._order.model, alias)

    def _aliases(self) -> dict[str, str]:
        """Return alias → night, or name of a mainline."""
        names = {str(one.version): key for key, versions in self._versions().items() for one in versions}
        model = self._model()
        pointed = dict(model.aliases) if model else {}
        return {alias: names[str(number)] for alias, number in pointed.items() if str(number) in names}

    def _model(self) -> Any:
        """Return the registered model; None if there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_registered_model(self._order.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None


def _grouped(search: Callable[[str | None], Any], key: Callable[[Any], str | None]) -> dict[str, list[Any]]:
    """Return key → all that *search*, asked page by page, finds with it; what has none is left out."""
    found: dict[str, list[Any]] = {}
    token = None
    while True:
        page = search(token)
        for one in page:
            if name := key(one):
                found.setdefault(name, []).append(one)
        token = page.token
        if not token:
            return found


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


if __name__ == "__main__":
    raise SystemExit(main())
