"""A merged model as GGUF: written by llama.cpp's converter, answered from by llama.cpp."""

import shutil
import sys
from pathlib import Path

import pytest
from benchmarks import real_model
from tests.adapters.promises import PROMPTS, said_plainly
from tests.adapters.test_merging import random_adapter

from ct_retrain.adapters.gguf import convert, find_converter
from ct_retrain.adapters.merging import merge
from ct_retrain.core.errors import ToolError, UsageError

CONVERTER = Path(sys.prefix) / "llama.cpp" / "convert_hf_to_gguf.py"


def _said(file: Path, questions: list[str]) -> list[str]:
    import xllamacpp

    setup = xllamacpp.CommonParams()
    setup.model.path, setup.n_ctx, setup.warmup = str(file), 512, False
    setup.cpuparams.n_threads = 1
    server = xllamacpp.Server(setup)
    asked = {"max_tokens": 24, "temperature": 0}
    turns = [[{"role": "user", "content": question}] for question in questions]
    told = [server.handle_chat_completions({"messages": turn, **asked}) for turn in turns]
    return [answer["choices"][0]["message"]["content"] for answer in told]


@pytest.mark.slow
def test_llama_cpp_says_what_the_adapter_says(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    if real_model.weights() is None or not CONVERTER.is_file():
        pytest.skip("llama.cpp or SmolLM2 is not installed: ./setup.sh --all-tools")
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = real_model.make_base(tmp_path / "smollm2")
    adapter = random_adapter(base, tmp_path / "adapter")
    merged = tmp_path / "merged"
    merged.mkdir()
    merge(str(base), adapter, merged)

    convert(merged, tmp_path / "model.gguf", find_converter(str(CONVERTER)))

    questions = [prompt.text for prompt in PROMPTS]
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(adapter))
    tokenizer = AutoTokenizer.from_pretrained(base)
    expected = [said_plainly(model, tokenizer, question, 24) for question in questions]
    assert [said.strip() for said in _said(tmp_path / "model.gguf", questions)] == [
        one.strip() for one in expected
    ]


def test_a_converter_that_fails_is_quoted_and_one_that_is_missing_says_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "convert.py"
    failing.write_text("raise SystemExit('no such architecture')\n")
    (tmp_path / "model").mkdir()

    with pytest.raises(ToolError, match="no such architecture"):
        convert(tmp_path / "model", tmp_path / "out.gguf", find_converter(str(failing)))
    assert not (tmp_path / "out.gguf").exists()
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    for named in ("", str(tmp_path / "elsewhere.py")):
        with pytest.raises(UsageError, match="git clone"):
            find_converter(named)
