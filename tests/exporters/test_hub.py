"""What goes to the Hugging Face hub: a dataset that `datasets` loads, a merged model, and uploads to a hub on loopback."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import served
from tests.small_workspace import found, leave_trace

import ct_retrain.demo
from ct_retrain.cli import call
from ct_retrain.compose import build
from ct_retrain.nightly.run import Options, run_night

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)
pytest.importorskip("datasets")

NIGHT = "2026-01-01"
EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"
TRAINING = {
    "max_steps": 2, "batch_size": 2, "accumulation": 1, "quantization": "none", "dtype": "float32", "max_length": 256,
    "learning_rate": 0.05,
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a night over that released an adapter."""
    small = found(tmp_path_factory.mktemp("over") / "town")
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=True)
    assert run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT)) is not None
    (small.workspace.root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return small.workspace.root


class Hub:
    """What a hub on loopback was sent: repository kind and name → path → content."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, str]]:
    held = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.split("?")[0].strip("/").split("/")
            self._reply(_hub_answer(held, path, body, f"http://{self.headers['Host']}"))

        def do_GET(self) -> None:
            self._reply({"sha": "0" * 40, "id": "lab/rtl", "siblings": []})

        def _reply(self, told: dict[str, Any]) -> None:
            data = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with served(Handler) as place:
        yield held, place


def _hub_answer(held: Hub, path: list[str], body: bytes, place: str) -> dict[str, Any]:
    if path[-1] == "create":
        asked = json.loads(body)
        name = f"{asked.get('type', 'model')}s/{asked['organization']}/{asked['name']}"
        held.private[name] = asked.get("visibility") == "private" or bool(asked.get("private"))
        return {"url": f"{place}/{name}", "name": name, "id": name}
    if path[-1] == "validate-yaml":
        return {"errors": [], "warnings": []}
    if "preupload" in path:
        asked = json.loads(body)
        return {
            "files": [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in asked["files"]
            ]
        }
    name = "/".join(path[1:4])
    for line in body.splitlines():
        told = json.loads(line)
        if told["key"] == "file":
            held.files.setdefault(name, {})[told["value"]["path"]] = base64.b64decode(
                told["value"]["content"]
            )
    return {"commitUrl": f"{place}/{name}/commit/1", "commitOid": "1", "success": True}


def _upload(root: Path, place: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line in a process of its own: the hub's address is read when its library is loaded."""
    environment = {**os.environ, "HF_ENDPOINT": place, "HF_TOKEN": "hf_secret", "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-m", "ct_retrain", "-C", str(root), "export", NIGHT, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_release_is_uploaded_as_it_is_to_a_private_repository(root: Path, hub: tuple[Hub, str]) -> None:
    held, place = hub
    ran = _upload(root, place, "--hub", "lab/rtl")

    assert ran.returncode == 0, ran.stderr
    release = build(root).workspace.models / f"nightly_{NIGHT}"
    assert held.files == {
        "models/lab/rtl": {
            path.relative_to(release).as_posix(): path.read_bytes() for path in release.rglob("*")
        }
    }
    assert held.private == {"models/lab/rtl": True}
    assert f"{place}/models/lab/rtl/commit/1" in ran.stdout


def test_a_hub_that_is_away_is_a_tools_failure(root: Path) -> None:
    ran = _upload(root, "http://127.0.0.1:9", "--hub", "lab/rtl")

    assert ran.returncode == 4
    assert "was not uploaded to lab/rtl" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_dataset_is_loaded_by_its_card_and_uploaded(
    root: Path, hub: tuple[Hub, str], tmp_path: Path
) -> None:
    from datasets import load_dataset
    from huggingface_hub import DatasetCard

    held, place = hub
    out = tmp_path / "dataset"
    ran = _upload(root, place, "--dataset", str(out), "--hub", "lab/data")

    assert ran.returncode == 0, ran.stderr
    card = DatasetCard.load(out / "README.md")
    assert card.data.license == "unknown"
    source = build(root).workspace.stage(NIGHT, "curate")
    for config in card.data.configs:
        lines = [json.loads(line) for line in (source / config["data_files"]).read_text().splitlines()]
        read = load_dataset(str(out), config["config_name"], split="train", cache_dir=str(tmp_path / "cache"))
        assert [row["instruction"] for row in read] == [line["instruction"] for line in lines]
        assert [row["metadata"]["spec_hash"] for row in read] == [
            line["metadata"]["spec_hash"] for line in lines
        ]
    assert [config["config_name"] for config in card.data.configs] == ["dataset", "repairs"]
    assert set(held.files) == {"datasets/lab/data"}
    assert set(held.files["datasets/lab/data"]) == {"README.md", "dataset.jsonl", "repairs.jsonl"}


def test_one_thing_is_exported_at_a_time(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-C", str(root), "export", NIGHT]
    for arguments in (
        [],
        ["--merge", "a", "--dataset", "b"],
        ["--answers", "cvdp"],
        ["--gguf", "a", "--hub", "r/r"],
    ):
        assert call([*place, *arguments]) == 2, arguments
    capsys.readouterr()


@pytest.mark.slow
def test_the_adapter_of_a_night_that_published_nothing_is_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import ModelCard
    from transformers import AutoModelForCausalLM

    small = found(tmp_path / "town", problems=range(2, 4))
    for width in range(4, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    root = small.workspace.root
    settings = {
        "train.mainline": str(EMBEDDED), "benchmark.suite": "suite.jsonl", "benchmark.samples": "1",
        "benchmark.max_new_tokens": "32", "judge.second_opinion": "false", "curate.mutants": "0",
        **{f"train.hyperparameters.{key}": str(value) for key, value in TRAINING.items()},
    }  # fmt: skip
    options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert call(["-C", str(root), *options, "run", "--night", NIGHT, "--ahead"]) in {0, 3, 6}
    capsys.readouterr()

    assert call(["-C", str(root), *options, "export", NIGHT, "--hub", "lab/rtl"]) == 2
    assert "released nothing" in capsys.readouterr().err
    assert call(["-C", str(root), *options, "export", NIGHT, "--merge", str(tmp_path / "merged")]) == 0
    assert "merged in float16" in capsys.readouterr().out
    card = ModelCard.load(tmp_path / "merged" / "README.md")
    assert (card.data.library_name, card.data.eval_results[0].metric_type) == ("transformers", "pass@1")
    assert "What the gate decided: " in card.text
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "merged").config.vocab_size == 1024
