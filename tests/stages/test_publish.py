"""Publishing: only a Promote, atomically, with a history; and the way back."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import Scripted
from tests.small_workspace import SmallWorkspace, Taught, copy_of, found, leave_trace, live

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.core.records.problem import Sample
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.releases import MoveReason, latest, move_latest, moves_of, predecessor, verified


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A workspace with two releases."""
    small = found(tmp_path_factory.mktemp("published") / "town")
    for night, widths in (("2026-01-01", range(2, 7)), ("2026-01-02", range(7, 10))):
        for width in widths:
            leave_trace(small.workspace, f"run_{width}", width)
        settings = small.settings.model_copy(
            update={"gate": small.settings.gate.model_copy(update={"confidence": 0.6})}
        )
        run_night(small.workspace, settings, small.ports, Options(night=night))
    return small


def test_a_release_holds_what_its_manifest_names_and_cannot_be_written(
    tmp_path: Path, published: SmallWorkspace
) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    release = verified(models, "nightly_2026-01-02")

    assert release.night == "2026-01-02"
    assert {file.path for file in release.files} == {
        "DATA.md",
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "scorecard.json",
    }
    assert (models / "nightly_2026-01-02" / "release.json").stat().st_mode & 0o222 == 0


def one_night(small: SmallWorkspace, name: str = "2026-01-01", **ports: Any) -> NightRecord:
    return live(small._replace(ports=small.ports._replace(**ports)), name)


def town_with_runs(root: Path) -> SmallWorkspace:
    small = found(root)
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    return small


def test_the_model_card_says_what_it_is_how_it_did_and_how_to_load_it(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    record = one_night(small)
    card = small.workspace.models.joinpath("nightly_2026-01-01/README.md").read_text()

    assert all(line.strip() in card for line in record.reason.splitlines())
    assert 'base_model: "nothing/here"' in card
    assert "| | candidate | mainline |" in card
    assert "| all | 62.5% (" in card
    assert "- against mainline: +62.5 points, 95% interval " in card
    assert "| repair | 2 | failing attempts with their log and the answer that passed |" in card
    assert "PeftModel.from_pretrained(base" in card
    assert str(tmp_path) not in card


def test_the_hub_reads_the_card_and_its_results(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    small = town_with_runs(tmp_path)
    record = one_night(small)
    text = small.workspace.models.joinpath("nightly_2026-01-01/README.md").read_text()

    card = hub.ModelCard(text)

    assert (card.data.base_model, card.data.base_model_relation) == ("nothing/here", "adapter")
    assert (card.data.library_name, card.data.pipeline_tag) == ("peft", "text-generation")
    assert card.data.model_name == "nightly_2026-01-01"
    results = {one.metric_name: one for one in card.data.eval_results}
    assert results["pass@1"].metric_value == pytest.approx(record.metrics["candidate.functional"], abs=1e-4)
    assert results["pass@1"].metric_type == "pass@1"
    assert results["pass@1, logic"].metric_args["samples"] >= 1
    assert hub.ModelCard(str(card)).data.to_dict() == card.data.to_dict()


def test_the_licence_of_the_data_is_what_the_data_names_and_else_unknown(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    pair = {"instruction": "A wire.", "output": "module w(input a, output y); assign y = a; endmodule"}
    named = [
        {"license": "MIT"},
        {"metadata": {"licence": "CC-BY-4.0"}},
        {"metadata": "of no shape we know"},
        {"licence": 7},
        {"metadata": ["licence"]},
    ]
    lines = [json.dumps({**pair, "instruction": f"A wire {n}.", **one}) for n, one in enumerate(named)]
    small.workspace.gold.joinpath("v6.jsonl").write_text("\n".join(lines) + "\n")
    one_night(small)
    page = small.workspace.models.joinpath("nightly_2026-01-01/DATA.md").read_text()

    assert "| gold sets | MIT | 1 |" in page
    assert "| gold sets | CC-BY-4.0 | 1 |" in page
    assert "| gold sets | unknown | 4 |" in page
    assert "| verified examples that the pipeline's runs left | unknown | 5 |" in page
    assert "| suite | Apache-2.0 | 8 |" in page


class Mute(Taught):
    """Writes well from the night's directory, and from the published copy what *answer* says."""

    def __init__(self, answer: str | None) -> None:
        super().__init__({})
        self._answer = answer

    def open(self, adapter: Path | None):
        if adapter is None or not adapter.name.startswith("nightly_"):
            return super().open(adapter)
        if self._answer is None:
            message = "the copy does not load"
            raise ToolError(message)
        answer = self._answer

        class Same(Scripted):
            def generate(self, prompts, sampling):
                self._answers = dict.fromkeys((prompt.text for prompt in prompts), answer)
                return super().generate(prompts, sampling)

        return Same({}, "copy")


def test_a_copy_that_writes_nothing_that_compiles_is_not_served(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    record = one_night(small, generators=Mute("module flip2(input a output y); endmodule"))
    models, archive = small.workspace.models, small.workspace.archive / "2026-01-01"

    assert record.outcome is NightOutcome.REJECTED
    assert record.exit_code == 3
    assert record.reason.startswith(
        "Rejected: the published copy of the adapter writes nothing that compiles"
    )
    assert (record.release, record.latest, latest(models), moves_of(models)) == (None, None, None, [])
    assert small.inbox.notices[-1].level == "error"
    samples = list(disk.read_lines(archive / "publish" / "canary.jsonl", Sample))
    assert [sample.problem_id for sample in samples] == ["flip_2", "flip_3", "flip_4"]
    with pytest.raises(UsageError, match="was not stopped by the gate"):
        promote(small.workspace, small.settings, small.ports, "2026-01-01", "we want it")

    again = run_night(
        small.workspace, small.settings, small.ports, Options(night="2026-01-01", redo="publish")
    )
    assert again is not None
    assert again.outcome is NightOutcome.PUBLISHED
    assert latest(models) == "nightly_2026-01-01"


def test_one_answer_that_compiles_is_enough_and_it_need_not_be_right(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    answer = "module flip4(input [3:0] a, output [3:0] y); assign y = a; endmodule"
    record = one_night(small, generators=Mute(answer))
    asked = small.workspace.stage("2026-01-01", "publish") / "canary.jsonl"

    assert record.outcome is NightOutcome.PUBLISHED
    assert [one.verdict.outcome.value for one in disk.read_lines(asked, Sample)] == [
        "compile_error",
        "compile_error",
        "mismatch",
    ]


def test_a_copy_that_does_not_load_breaks_the_night_and_moves_nothing(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    with pytest.raises(ToolError, match="the copy does not load"):
        one_night(small, generators=Mute(None))

    assert latest(small.workspace.models) is None
    assert one_night(small).outcome is NightOutcome.PUBLISHED


class Noting(Taught):
    """Leaves what it was asked beside the weights, so that another learning rate is another adapter."""

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        fit = super().fit(plan, out)
        (out / "adapter" / "notes").mkdir(exist_ok=True)
        (out / "adapter" / "notes" / "asked.json").write_text(plan.hyperparameters.model_dump_json())
        return fit


def learning_faster(small: SmallWorkspace) -> SmallWorkspace:
    knobs = small.settings.train.hyperparameters.model_copy(update={"learning_rate": 3e-4})
    train = small.settings.train.model_copy(update={"hyperparameters": knobs})
    return small._replace(settings=small.settings.model_copy(update={"train": train}))


def test_a_release_that_nobody_was_pointed_at_is_replaced_by_tonights(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    with pytest.raises(ToolError, match="the copy does not load"):
        one_night(small, generators=Mute(None), trainer=Noting({}))
    one_night(learning_faster(small), trainer=Noting({}))
    release = small.workspace.models / "nightly_2026-01-01"

    assert "learning rate 0.0003" in release.joinpath("README.md").read_text()
    assert '"learning_rate":0.0003' in release.joinpath("notes/asked.json").read_text()
    assert "notes/asked.json" in {file.path for file in verified(release.parent, release.name).files}


def test_what_was_served_is_never_replaced_by_another_adapter(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    one_night(small, trainer=Noting({}))
    small.workspace.record("2026-01-01").unlink()
    with pytest.raises(CorruptStateError, match=r"--night 2026-01-01\.2"):
        one_night(learning_faster(small), trainer=Noting({}))


_READER = """
import sys
from pathlib import Path
from typing import Any
from ct_retrain import disk
from ct_retrain.core.records.night import Release
link, stop, seen = Path(sys.argv[1]), Path(sys.argv[2]), {}
print("reading", flush=True)
while not stop.exists():
    name = link.readlink().name
    night = disk.read_record(link / "release.json", Release).night
    seen[name] = seen.get(name, 0) + 1
    assert night.startswith("2026-01-0")
    assert (link / "adapter_model.safetensors").read_bytes()
print(len(seen), sum(seen.values()))
"""


def test_a_reader_never_sees_the_pointer_missing_or_half_while_it_moves(
    tmp_path: Path, published: SmallWorkspace
) -> None:
    models, stop = copy_of(published, tmp_path / "town").workspace.models, tmp_path / "stop"
    command = [sys.executable, "-c", _READER, str(models / "latest_nightly"), str(stop)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for number in range(1000):
        disk.swap_link(models / "latest_nightly", f"nightly_2026-01-0{1 + number % 2}")
    stop.touch()
    said, complaint = reader.communicate(timeout=30)

    assert reader.returncode == 0, complaint
    names, reads = map(int, said.split())
    assert names == 2
    assert reads > 20


def test_rollback_finds_the_release_before_and_leaves_history(
    tmp_path: Path, published: SmallWorkspace
) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models

    assert predecessor(models) == "nightly_2026-01-01"
    move_latest(models, "nightly_2026-01-01", MoveReason(None, "worse in the lab", "rollback"))
    assert latest(models) == "nightly_2026-01-01"
    assert [move.who for move in moves_of(models)] == ["night", "night", "rollback"]
    assert moves_of(models)[-1].source == "nightly_2026-01-02"


def test_going_back_to_mainline_takes_the_pointer_away_and_says_so(
    tmp_path: Path, published: SmallWorkspace
) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    for _ in range(2):
        move_latest(models, None, MoveReason(None, "no adapter tonight", "rollback"))

    assert latest(models) is None
    assert not os.path.lexists(models / "latest_nightly")
    assert len(moves_of(models)) == 3
    assert (moves_of(models)[-1].source, moves_of(models)[-1].target) == ("nightly_2026-01-02", None)
    move_latest(models, "nightly_2026-01-01", MoveReason("2026-01-01", "again", "rollback"))
    assert latest(models) == "nightly_2026-01-01"


def test_the_history_says_which_decision_a_move_rests_on_and_reads_older_lines(
    tmp_path: Path, published: SmallWorkspace
) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    path = models / "history.jsonl"
    first, *rest = path.read_text().splitlines()
    older = {key: value for key, value in json.loads(first).items() if key != "decision"}
    path.write_text("\n".join([json.dumps(older), *rest]) + "\n")

    assert [move.decision for move in moves_of(models)] == [None, "promote"]


def test_moving_to_where_the_pointer_is_leaves_one_line(tmp_path: Path, published: SmallWorkspace) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    move_latest(models, "nightly_2026-01-02", MoveReason(None, "again", "rollback"))

    assert len(moves_of(models)) == 2


def test_a_release_whose_bytes_changed_is_not_verified(tmp_path: Path, published: SmallWorkspace) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    weights = models / "nightly_2026-01-01" / "adapter_model.safetensors"
    weights.chmod(0o644)
    weights.write_text("other weights")
    with pytest.raises(CorruptStateError, match="its manifest names"):
        verified(models, "nightly_2026-01-01")


def test_an_unknown_release_is_a_usage_error(tmp_path: Path, published: SmallWorkspace) -> None:
    with pytest.raises(UsageError, match="history"):
        verified(copy_of(published, tmp_path / "town").workspace.models, "nightly_1999-01-01")


def test_a_link_to_an_incomplete_release_is_corrupt_state(tmp_path: Path, published: SmallWorkspace) -> None:
    models = copy_of(published, tmp_path / "town").workspace.models
    disk.remove_tree(models / "nightly_2026-01-02")
    with pytest.raises(CorruptStateError, match="no complete release"):
        latest(models)


def test_without_an_earlier_release_there_is_no_way_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no earlier release"):
        predecessor(found(tmp_path).workspace.models)
