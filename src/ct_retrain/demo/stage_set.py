"""The demo's workspace: settings, gold set, held-out suite, and the specs of every night."""

import json
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from random import Random

from ct_retrain import disk
from ct_retrain.core.configuration.settings import FILE_NAME
from ct_retrain.core.records.problem import Problem
from ct_retrain.demo.bench import testbench
from ct_retrain.demo.families import mastered_families, missing_families, sample
from ct_retrain.demo.families.render import draw_task
from ct_retrain.demo.families.task import Family, Task, is_held_out
from ct_retrain.demo.nightly_recipe import NightlyRecipe
from ct_retrain.demo.planner import planned_spec
from ct_retrain.pipeline import Plan, Spec
from ct_retrain.suites import near_duplicates
from ct_retrain.verilog.fingerprint import shape

MODEL = "models/embedded"
SUITE = "data/suites/held_out.jsonl"
GOLD = "data/gold/mastered.jsonl"
NEW, OLD = "new", "old"
"""Tags of held-out problems: families that mainline cannot write, and those that it can."""


def set_up(root: Path, recipe: NightlyRecipe) -> None:
    """Create a workspace in *root* whose mainline is the embedded model; an existing one is left unchanged."""
    if (root / FILE_NAME).exists():
        return
    for directory in ("data/gold", "data/suites", "data/specs", "data/runs", MODEL):
        disk.make_directory(root / directory)
    with resources.as_file(resources.files("ct_retrain.demo") / "model") as model:
        shutil.copytree(model, root / MODEL, dirs_exist_ok=True)
    disk.write_text(root / GOLD, "".join(_gold(recipe)))
    disk.write_lines(root / SUITE, _problems(recipe))
    for night in range(1, recipe.nights + 1):
        disk.write_lines(root / specs_file(night), iter(specs(recipe, night)))
    disk.write_text(root / FILE_NAME, _settings(recipe))


def specs_file(night: int) -> str:
    """Return the path of the specs of the demo's *night*."""
    return f"data/specs/night_{night}.jsonl"


def night_id(night: int) -> str:
    """Return the night's id in the demo's own calendar, so that a second run finds the same nights."""
    return f"2026-01-{night:02d}"


def specs(recipe: NightlyRecipe, night: int) -> list[Spec]:
    """Return the specs of *night*: new families, without held-out values."""
    families = missing_families()
    seeds = Random(recipe.harvest_seed + night)
    chosen: list[Spec] = []
    while len(chosen) < recipe.specs_a_night:
        family = families[len(chosen) % len(families)]
        plan = Plan(family=family.name, seed=seeds.randrange(1 << 30))
        if not is_held_out(draw_task(family, Random(plan.seed)).key):
            chosen.append(planned_spec(f"n{night}-{len(chosen):03d}", plan))
    return chosen


def _gold(recipe: NightlyRecipe) -> Iterator[str]:
    """Return the gold set: old families, as a team's verified library would hold them."""
    rng = Random(recipe.gold_seed)
    count = round(recipe.nights * recipe.specs_a_night * recipe.gold_per_delta)
    for _ in range(count):
        task = sample(mastered_families(), rng, "train")
        yield json.dumps({"instruction": task.instruction, "output": task.rtl}) + "\n"


def _problems(recipe: NightlyRecipe) -> Iterator[Problem]:
    missing, mastered = Random(recipe.problem_seed), Random(recipe.mastered_seed)
    wanted = [(family, recipe.missing_problems, NEW, missing) for family in missing_families()]
    wanted += [(family, recipe.mastered_problems, OLD, mastered) for family in mastered_families()]
    for family, count, tag, rng in wanted:
        tasks = _distinct(family, count, rng)
        for number, (task, cluster) in enumerate(zip(tasks, _clusters(tasks), strict=True)):
            tags = (tag, family.name, f"{near_duplicates.TAG}{cluster}")
            yield _problem(task, f"{tag}_{family.name}_{number:02d}", tags)


def _distinct(family: Family, count: int, rng: Random) -> list[Task]:
    """Return *count* held-out tasks with distinct parameters, as far as the family has them."""
    found: dict[str, Task] = {}
    others: list[Task] = []
    for _ in range(_DRAWS):
        if len(found) == count:
            break
        task = sample((family,), rng, "held_out")
        if task.key in found:
            others.append(task)
        else:
            found[task.key] = task
    return [*found.values(), *others][:count]


_DRAWS = 100
"""Number of draws, enough to find nearly every held-out parameter of a family."""


def _clusters(tasks: list[Task]) -> list[str]:
    """Return a cluster name for each of *tasks*, equal for equal parameters or designs equal up to names."""
    name = {task.key: task.key for task in tasks}
    first: dict[str, str] = {}
    for task in tasks:
        known = first.setdefault(shape(task.rtl), task.key)
        joined, kept = name[task.key], name[known]
        name = {key: kept if value == joined else value for key, value in name.items()}
    return [name[task.key] for task in tasks]


def _problem(task: Task, name: str, tags: tuple[str, str, str]) -> Problem:
    return Problem(
        id=name,
        spec=task.instruction,
        top=task.module,
        testbench=testbench(task),
        golden=task.rtl,
        category=task.category,
        tags=tags,
    )


def _settings(recipe: NightlyRecipe) -> str:
    """Return the demo's ct-retrain.toml: small model, its own suite, floors off."""
    hyper = recipe.hyperparameters.model_dump(exclude_defaults=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in hyper.items()]
    return f"""# The demo's workspace: the embedded model, trained and judged on two cores.
min_delta_score = 0.01

[curate]
mutants = {recipe.mutants}

[decontamination]
# Only texts are compared, to keep the demo short.
simulations = 0

[train]
mainline = "{MODEL}"

[train.shares]
delta = {recipe.delta_share:.3f}
repair = 0.0
gold = {1 - recipe.delta_share:.3f}
general = 0.0
max_upsample = {recipe.max_upsample}

[train.hyperparameters]
{chr(10).join(lines)}

[benchmark]
second_simulator = false
suite = "{SUITE}"
samples = {recipe.samples}
temperature = {recipe.temperature}
top_p = 1.0
max_new_tokens = 220
batch_size = 64

[gate]
# The embedded model meets its first state machine on night 1: a floor would only say so every night.
floors = {{}}

[report.groups]
"new families" = ["{NEW}"]
"old families" = ["{OLD}"]
"""
