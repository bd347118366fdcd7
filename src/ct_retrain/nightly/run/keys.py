"""Digests of all inputs of train and benchmark: a stage with an equal key has an equal result."""

from collections.abc import Sequence

from ct_retrain.core.configuration.recipes import SCHEDULING
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.record import digest
from ct_retrain.nightly.night import Ports
from ct_retrain.stages.benchmark import BenchmarkInputs
from ct_retrain.stages.gold import fingerprints
from ct_retrain.stages.train import TrainInputs

PACING = ("batch_size",)
"""Settings of `[benchmark]` that change no answer."""
_ASKED = {"url", "model", "adapters", "revision", "command", "batch_invariant"}
"""Settings of `[endpoint]` that may change an answer; which of several equal servers gives it does not."""


def source_digests(inputs: TrainInputs) -> list[str]:
    """Return a digest of every file of gold sets and general data; each is read whole."""
    return [one for directory in (inputs.gold, inputs.general) for one in fingerprints(directory)]


def train_key(curated: str, inputs: TrainInputs, ports: Ports, sources: Sequence[str]) -> str:
    """Return the key of a training on curate's result with the digest *curated*, with *sources* of `source_digests`."""
    return digest(
        curated,
        inputs.settings.model_dump(exclude={*SCHEDULING}),
        ports.trainer.tool,
        _asked(ports),
        inputs.protection.key,
        ports.appraiser.tool,
        *sources,
        *sorted(inputs.forgotten),
        str(inputs.gold_before),
    )


def benchmark_key(
    trained: str, inputs: BenchmarkInputs, champion: str, settings: Settings, ports: Ports
) -> str:
    """Return the key of measuring an adapter with the digest *trained* beside *champion* and mainline."""
    return digest(
        trained,
        inputs.suite.digest,
        champion,
        inputs.settings.model_dump(exclude={*PACING}),
        settings.endpoint.model_dump(include=_ASKED),
        settings.gate.model_dump(),
        str(inputs.min_delta),
        _asked(ports),
        ports.simulator.tool,
        ports.appraiser.tool,  # its proofs decide which stubs equal the golden
    )


def _asked(ports: Ports) -> str:
    """Return how mainline is prompted, as far as this machine decides it."""
    return ports.mainline.identity() if ports.mainline else ""
