"""The nights of the demo as data: how much is harvested, how the adapter is trained, what is measured."""

from dataclasses import dataclass

from ct_retrain.core.records.training import Hyperparameters


@dataclass(frozen=True, slots=True)
class NightlyRecipe:
    """What the demo's nights do; every night starts from the embedded mainline."""

    nights: int
    specs_a_night: int
    """Newly verified examples of missing families; a night trains on those of all nights so far."""
    gold_per_delta: float
    """Gold examples (mastered families) for each delta row of a training set."""
    max_upsample: int
    """How often a harvested example may be repeated while few were harvested yet."""
    mutants: int
    """Nearly right designs that the testbench of a harvested example is tried on."""
    hyperparameters: Hyperparameters
    threads: int
    temperature: float
    """Sampling temperature of the benchmark; 0 is greedy."""
    samples: int
    """Answers drawn for each problem."""
    missing_problems: int
    """Held-out problems for each missing family."""
    mastered_problems: int
    """Held-out problems for each mastered family."""
    harvest_seed: int
    gold_seed: int
    problem_seed: int
    """Of the held-out problems of missing families."""
    mastered_seed: int
    """Of those of mastered families, which stay as they are when a missing family changes."""

    @property
    def delta_share(self) -> float:
        """Share of the harvested examples in a training set."""
        return 1 / (1 + self.gold_per_delta)


NIGHTLY = NightlyRecipe(
    nights=3,
    specs_a_night=90,
    gold_per_delta=3.0,
    max_upsample=1,
    mutants=10,
    hyperparameters=Hyperparameters(
        passes=6.0,
        batch_size=16,
        accumulation=1,
        learning_rate=5e-3,
        schedule="cosine",
        warmup_ratio=0.05,
        rank=16,
        alpha=32,
        max_length=512,
        packing=False,
        quantization="none",
        dtype="float32",
        gradient_checkpointing=False,
        seed=0,
    ),
    threads=1,
    temperature=0.0,
    samples=1,
    missing_problems=15,
    mastered_problems=3,
    harvest_seed=4242,
    gold_seed=77,
    problem_seed=20261123,
    mastered_seed=696,
)
