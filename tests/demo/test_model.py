"""The shipped model: small, loads offline, and writes RTL that simulation accepts."""

from pathlib import Path
from random import Random

from benchmarks.embedded.assess import assess, draw_tasks, pass_rate, write_rtl

from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design
from ct_retrain.demo import bench
from ct_retrain.demo.families import mastered_families, sample


def test_the_model_directory_is_smaller_than_four_megabytes(shipped: Path) -> None:
    assert sum(file.stat().st_size for file in shipped.iterdir()) < 4_000_000


def test_the_card_says_how_the_model_was_built(shipped: Path) -> None:
    assert "python benchmarks/build_embedded_model.py --out DIR --seed" in (shipped / "README.md").read_text()


def test_the_shipped_model_writes_a_module_that_passes_simulation(shipped: Path, icarus: Simulator) -> None:
    generator = TransformersGenerators(str(shipped), batch_size=1).open(None)
    family = next(family for family in mastered_families() if family.name == "up_counter")
    task = sample((family,), Random(1), "held_out")

    (rtl,) = write_rtl(generator, [task])

    assert icarus.check(Design(rtl=rtl, testbench=bench.testbench(task))).passed, rtl


def test_assess_scores_the_golden_with_all_and_nonsense_with_nothing(icarus: Simulator) -> None:
    families = mastered_families()[:2]
    tasks = draw_tasks(families, 2, seed=1)

    golden = assess(lambda tasks: [task.rtl for task in tasks], icarus, tasks)
    nonsense = assess(lambda tasks: ["module m; endmodule"] * len(tasks), icarus, tasks)

    assert pass_rate(golden) == 1.0
    assert pass_rate(nonsense) == 0.0
    assert [score.family for score in golden] == [family.name for family in families]
