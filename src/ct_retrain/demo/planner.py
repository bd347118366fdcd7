"""The deterministic planner: writes a spec that carries a plan, from the spec bank's templates."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

import ct_retrain
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.problem import Completion, Prompt, Sampling
from ct_retrain.demo.bench import testbench
from ct_retrain.demo.families import Task, mastered_families, missing_families
from ct_retrain.demo.families.render import draw_task
from ct_retrain.pipeline import Plan, Spec


class Planner:
    """A Generator that answers prompts by the plan of their spec; without a plan the answer is empty."""

    def __init__(self, specs: Sequence[Spec]) -> None:
        """*specs* are looked up by their id."""
        self._plans: Mapping[str, Plan] = {spec.id: spec.plan for spec in specs if spec.plan is not None}

    @property
    def tool(self) -> Tool:
        """Name and the package's version, which is that of the templates."""
        return Tool(name="planner", version=ct_retrain.__version__)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield `sampling.samples` equal answers per prompt; for a spec without a plan, an empty one."""
        for prompt in prompts:
            plan = self._plans.get(prompt.id)
            text = planned_task(plan).rtl if plan else ""
            for index in range(sampling.samples):
                yield Completion(prompt_id=prompt.id, index=index, text=text, finished=True, tokens=0)


def planned_task(plan: Plan) -> Task:
    """Return the task that *plan* names; raise UsageError for an unknown family."""
    families = {family.name: family for family in (*missing_families(), *mastered_families())}
    if plan.family not in families:
        message = f"plan names family {plan.family!r}; the library has {', '.join(sorted(families))}"
        raise UsageError(message)
    return draw_task(families[plan.family], Random(plan.seed))


def planned_spec(name: str, plan: Plan) -> Spec:
    """Return the Spec of the task that *plan* names, with the bank's testbench."""
    task = planned_task(plan)
    return Spec(
        id=name, description=task.instruction, testbench=testbench(task), category=task.category, plan=plan
    )
