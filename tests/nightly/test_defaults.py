"""All defaults, a hundred harvested runs and three hundred gold rows: the night trains, and says so before."""

import json
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from benchmarks import real_model

from ct_retrain import disk
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.compose import App, build, with_cache
from ct_retrain.core.records.night import Manifest, TrainFacts
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.workspace import MANIFEST
from ct_retrain.demo.bench import testbench as bench_of
from ct_retrain.demo.families import mastered_families, missing_families, sample
from ct_retrain.demo.families.task import Family, Split, Task
from ct_retrain.nightly.run import Options, plan_night, run_night
from ct_retrain.stages._adapter import WEIGHTS, untrained
from ct_retrain.trace import TraceWriter

NIGHT = "2026-01-01"
RUNS, GOLD = 100, 300


class Base(NamedTuple):
    """A mainline, and how much it is given to do."""

    name: str
    designs: int
    """Different ones among the runs; a pipeline is asked for the same again and again."""
    asked: int
    tokens: int
    """Of an answer."""


EMBEDDED = Base("embedded", designs=RUNS, asked=24, tokens=160)
SMOLLM2 = Base("SmolLM2", designs=8, asked=4, tokens=32)
"""A pretrained model of 135M parameters, which learns some hundred tokens in a second of a core: eight designs and
their share of gold, read five times, are 20,000 tokens, a hundred different ones 250,000."""


def weights_of(base: Base, place: Path) -> None:
    """Put the model at *place*; skip where it cannot be had."""
    if base is EMBEDDED:
        with resources.as_file(resources.files("ct_retrain.demo") / "model") as model:
            shutil.copytree(model, place)
    elif real_model.weights() is None:
        pytest.skip(f"{real_model.PACKAGE} and gguf are not installed: ./setup.sh --all-tools")
    else:
        real_model.make_base(place)


def tasks(families: tuple[Family, ...], count: int, split: Split, seed: int) -> list[Task]:
    """Tasks of *families* with questions that are all different."""
    random = Random(seed)
    found: dict[str, Task] = {}
    while len(found) < count:
        task = sample(families, random, split)
        found.setdefault(task.instruction, task)
    return list(found.values())


def leave_run(runs: Path, number: int, task: Task) -> None:
    """What a pipeline leaves of a simulation that passed."""
    directory = runs / f"run_{number:04d}"
    directory.mkdir(parents=True)
    for name, text in (("spec.txt", task.instruction), ("top.v", task.rtl), ("tb.v", bench_of(task))):
        (directory / name).write_text(text)
    TraceWriter(directory).stage(
        "Simulation",
        status="pass",
        spec_hash=f"spec{number}",
        spec_path="spec.txt",
        rtl_file="top.v",
        testbench_file="tb.v",
        simulation_compile_log="",
        simulation_log="",
    )


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads of torch wait for each other where other tests share the cores, and an answer takes minutes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=[EMBEDDED, SMOLLM2], ids=lambda base: base.name)
def base(request: pytest.FixtureRequest) -> Base:
    chosen: Base = request.param
    return chosen


@pytest.fixture(scope="module")
def app(base: Base, tmp_path_factory: pytest.TempPathFactory) -> App:
    """A workspace in which nothing is set but mainline."""
    root = tmp_path_factory.mktemp("defaults")
    weights_of(base, root / "mainline")
    (root / "ct-retrain.toml").write_text('[train]\nmainline = "mainline"\n')
    designs = tasks(missing_families(), base.designs, "train", 1)
    for number in range(RUNS):
        leave_run(root / "data/runs", number, designs[number % base.designs])
    (root / "data/gold").mkdir()
    lines = [
        {"instruction": task.instruction, "output": task.rtl}
        for task in tasks(mastered_families(), GOLD, "train", 2)
    ]
    (root / "data/gold/gold.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return with_cache(build(root))


@pytest.fixture(scope="module")
def trained(app: App) -> TrainFacts:
    """The facts of a night that stopped after its training."""
    run_night(app.workspace, app.settings, app.ports, Options(NIGHT, "train"))
    facts = disk.read_record(app.workspace.stage(NIGHT, "train") / MANIFEST, Manifest).facts
    assert isinstance(facts, TrainFacts)
    return facts


@pytest.mark.slow
def test_the_defaults_train_an_adapter_that_answers_otherwise(
    base: Base, app: App, trained: TrainFacts
) -> None:
    from safetensors.numpy import load_file

    fit, planned = trained.fit, trained.fit.schedule
    adapter = app.workspace.stage(NIGHT, "train") / "adapter"
    questions = tasks(missing_families(), base.asked, "held_out", 3)
    prompts = [Prompt(id=f"q{number}", text=task.instruction) for number, task in enumerate(questions)]
    greedy = Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=base.tokens, seed=0)
    generators = TransformersGenerators(str(app.workspace.root / "mainline"), base.asked)
    answers = [
        {one.prompt_id: one.text for one in generators.open(arm).generate(prompts, greedy)}
        for arm in (None, adapter)
    ]

    assert fit.steps >= 60
    assert planned is not None
    assert planned.steps == fit.steps
    assert 4 <= planned.passes <= 6
    assert fit.losses[0].step == 1
    assert fit.losses[0].learning_rate == pytest.approx(planned.first_learning_rate)
    assert fit.losses[0].learning_rate > 0
    # Planned are mean rows; where some are read once more than others, they are not quite what is read.
    assert fit.tokens == pytest.approx(planned.tokens, rel=0 if base is EMBEDDED else 0.01)
    assert fit.losses[-1].loss < fit.losses[0].loss
    assert untrained(adapter) == ""
    halves = [value for name, value in load_file(adapter / WEIGHTS).items() if "lora_B" in name]
    assert halves
    assert all(value.any() for value in halves), "every B was 0 before the first step"
    assert answers[0] != answers[1]


@pytest.mark.slow
@pytest.mark.parametrize("base", [EMBEDDED], ids=lambda base: base.name, indirect=True, scope="module")
def test_a_dry_run_says_what_the_night_then_does(app: App, trained: TrainFacts) -> None:
    shutil.rmtree(app.workspace.night(NIGHT))
    plan = plan_night(app.workspace, app.settings, app.ports, NIGHT)

    assert plan.training is not None
    assert plan.training.counted == "tokenizer"
    assert plan.training.schedule == trained.fit.schedule
    # How near the estimates come is for benchmarks/real_model.py to say: time depends on what else runs.
    assert plan.training.seconds
    assert plan.training.memory
