"""The rows of a mixture lie as if they were shuffled: a trainer of the user's may read them in the order of the file."""

import json
from pathlib import Path

from tests.stages.test_thoughts import example

from ct_retrain import disk
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.records.training import Row
from ct_retrain.stages.train import MIXTURE, TrainInputs, prepare_training


def test_rows_of_a_source_that_is_not_used_up_lie_everywhere(tmp_path: Path) -> None:
    for name in ("curated", "gold", "general", "out"):
        disk.make_directory(tmp_path / name)
    delta = [
        example().model_copy(update={"instruction": f"An inverter, the {number}th"}) for number in range(40)
    ]
    disk.write_lines(tmp_path / "curated" / "dataset.jsonl", iter(delta))
    disk.write_lines(tmp_path / "curated" / "repairs.jsonl", iter(()))
    text = "module w{0}(input a, output [15:0] y); assign y = {{16{{a}}}} ^ {0}; endmodule"
    gold = [{"instruction": f"Wire {number}", "output": text.format(number)} for number in range(2000)]
    (tmp_path / "gold" / "all.jsonl").write_text("\n".join(map(json.dumps, gold)) + "\n")
    settings = TrainSettings.model_validate({"shares": {"max_upsample": 1}})
    inputs = TrainInputs(tmp_path / "curated", tmp_path / "gold", tmp_path / "general", "base", settings)

    prepare_training(tmp_path / "out", inputs)

    sources = [row.source for row in disk.read_lines(tmp_path / "out" / MIXTURE, Row)]
    count = sources.count("gold")
    assert 40 < count < 500, "few of the gold rows are taken"
    for quarter in range(4):
        part = sources[len(sources) * quarter // 4 : len(sources) * (quarter + 1) // 4]
        assert 0.7 < part.count("gold") / (count / 4) < 1.3
