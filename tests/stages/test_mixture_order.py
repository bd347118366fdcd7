"""The rows of a mixture lie as if they were shuffled: a trainer of the user's may read them in the order of the file."""

import json
from collections import Counter
from pathlib import Path

from tests.stages.test_thoughts import example

from ct_retrain import disk
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.records.dataset import TestbenchScore as Score
from ct_retrain.core.records.training import Row
from ct_retrain.stages.train import MIXTURE, TrainInputs, prepare_training


def mixed(root: Path, credible: int, gold: int, **changes: object) -> list[Row]:
    """The mixture of 40 examples, of which the testbenches of *credible* notice nine mutants of ten, with *gold* rows."""
    for name in ("curated", "gold", "general", "out"):
        disk.make_directory(root / name)
    score = Score(asked=True, low=0.9)
    known = example().metadata.model_copy(update={"credibility": score})
    delta = [
        example().model_copy(
            update={"instruction": f"An inverter, the {number}th"}
            | ({"metadata": known} if number < credible else {})
        )
        for number in range(40)
    ]
    disk.write_lines(root / "curated" / "dataset.jsonl", iter(delta))
    disk.write_lines(root / "curated" / "repairs.jsonl", iter(()))
    text = "module w{0}(input a, output [15:0] y); assign y = {{16{{a}}}} ^ {0}; endmodule"
    golden = [{"instruction": f"Wire {number}", "output": text.format(number)} for number in range(gold)]
    (root / "gold" / "all.jsonl").write_text("\n".join(map(json.dumps, golden)) + "\n")
    settings = TrainSettings.model_validate(changes)
    inputs = TrainInputs(root / "curated", root / "gold", root / "general", "base", settings)
    prepare_training(root / "out", inputs)
    return list(disk.read_lines(root / "out" / MIXTURE, Row))


def test_rows_of_a_source_that_is_not_used_up_lie_everywhere(tmp_path: Path) -> None:
    sources = [row.source for row in mixed(tmp_path, 0, 2000, shares={"max_upsample": 1})]
    count = sources.count("gold")
    assert 40 < count < 500, "few of the gold rows are taken"
    for quarter in range(4):
        part = sources[len(sources) * quarter // 4 : len(sources) * (quarter + 1) // 4]
        assert 0.7 < part.count("gold") / (count / 4) < 1.3


def test_credible_examples_are_read_once_more_before_others(tmp_path: Path) -> None:
    rows = mixed(tmp_path, 8, 120, credible_weight=1000.0)
    read = Counter(row.prompt for row in rows if row.source == "delta")
    again = {prompt for prompt, times in read.items() if times == 2}

    assert set(read.values()) == {1, 2}
    assert 8 <= len(again) < 20
    assert {row.prompt for row in rows if row.credibility == 0.9} <= again


def test_credibility_alone_changes_no_order(tmp_path: Path) -> None:
    plain, scored = (
        [row.prompt for row in mixed(tmp_path / str(credible), credible, 120)] for credible in (0, 8)
    )
    assert plain == scored
