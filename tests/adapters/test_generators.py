import gc
import json
import shutil
import weakref

import pytest
from tests.adapters.promises import said_plainly

from ct_retrain.adapters import generators
from ct_retrain.adapters._token_sampling import Draw, nucleus
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.problem import Prompt, Sampling

PROMPTS = [Prompt(id=f"p{number}", text="Write an and gate" + " now" * number) for number in range(5)]


def sampling(**changes):
    return Sampling(
        **{"samples": 3, "temperature": 0.8, "top_p": 0.95, "max_new_tokens": 24, "seed": 5, **changes}
    )


def answers(generator, prompts=PROMPTS, **changes):
    found = list(generator.generate(prompts, sampling(**changes)))
    assert len({(answer.prompt_id, answer.index) for answer in found}) == len(found)
    return {(answer.prompt_id, answer.index): answer for answer in found}


def test_every_prompt_gets_its_samples_whatever_the_batch_size(base):
    runs = [answers(TransformersGenerators(str(base), size).open(None)) for size in (1, 3, 8)]

    assert set(runs[0]) == {(prompt.id, index) for prompt in PROMPTS for index in range(3)}
    assert runs[0] == runs[1] == runs[2]
    assert len({answer.text for answer in runs[0].values()}) > 10


def test_a_sample_depends_on_nothing_but_seed_prompt_and_index(base):
    generator = TransformersGenerators(str(base), 4).open(None)
    everything = answers(generator)

    alone = answers(generator, [PROMPTS[3]], samples=2)
    assert alone == {key: everything[key] for key in alone}
    renamed = [Prompt(id="other", text=PROMPTS[3].text)]
    assert answers(generator, renamed)["other", 0].text != everything["p3", 0].text
    assert answers(generator, seed=6)["p3", 0].text != everything["p3", 0].text


def test_greedy_is_what_transformers_says(base):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    found = answers(TransformersGenerators(str(base), 3).open(None), temperature=0.0)
    for prompt in PROMPTS:
        text = said_plainly(model, tokenizer, prompt.text, 24)
        assert [found[prompt.id, index].text for index in range(3)] == [text] * 3


def test_the_race_has_the_distribution_of_sampling():
    import torch
    from scipy.stats import chisquare

    logits = torch.tensor([2.0, 1.0, 0.5, 0.0, -1.0, -8.0])
    rules = sampling(temperature=0.7, top_p=0.9)
    draws = 20_000
    streams = [torch.Generator().manual_seed(number) for number in range(100)]
    draw = Draw(streams, rules)
    counts = torch.zeros(6)
    for _ in range(draws // 100):
        counts += torch.bincount(draw(logits.repeat(100, 1), range(100)), minlength=6)
    probabilities = (logits / 0.7).softmax(-1)
    probabilities[3:] = 0  # 0.725 + 0.174 < 0.9: the third token is needed, the fourth is not
    expected = probabilities / probabilities.sum() * draws

    assert counts[3:].sum() == 0
    assert chisquare(counts[:3], expected[:3]).pvalue > 0.001
    other = torch.multinomial(
        probabilities, draws, replacement=True, generator=torch.Generator().manual_seed(0)
    )
    assert abs(torch.bincount(other, minlength=6) - counts).max() < 5 * draws**0.5


def test_the_nucleus_is_the_fewest_tokens_that_reach_top_p():
    import torch
    from transformers import TopPLogitsWarper

    torch.manual_seed(0)
    for scale, top_p in ((0.1, 0.95), (3.0, 0.95), (3.0, 1.0), (3.0, 0.01)):
        logits = torch.randn(4, 500) * scale
        scores, places = nucleus(logits, top_p)
        ours = torch.zeros(4, 500, dtype=torch.bool).scatter(1, places, scores > float("-inf"))
        theirs = TopPLogitsWarper(top_p)(None, logits) > float("-inf") if top_p < 1 else torch.ones_like(ours)
        missed = logits.softmax(-1)[ours != theirs]
        assert missed.sum() < 1e-4, (scale, top_p)


def test_an_answer_is_finished_only_when_the_model_ended_it(base):
    generator = TransformersGenerators(str(base), 4).open(None)
    found = answers(generator, samples=20, max_new_tokens=40, temperature=3.0, top_p=1.0)
    ended = [answer for answer in found.values() if answer.finished]
    cut = [answer for answer in found.values() if not answer.finished]

    assert ended
    assert cut
    assert all(answer.tokens == 40 for answer in cut)
    assert all(answer.tokens <= 40 and "<|im_end|>" not in answer.text for answer in found.values())


@pytest.mark.parametrize("merged", [True, False])
def test_arms_differ_take_turns_and_leave_mainline_as_it_was(base, adapter, monkeypatch, merged):
    monkeypatch.setattr(generators, "_merges", lambda _base: merged)
    opener = TransformersGenerators(str(base), 8)
    mainline, candidate = opener.open(None), opener.open(adapter)
    before = answers(mainline)
    adapted = answers(candidate)

    assert before != adapted
    assert answers(mainline) == before == answers(TransformersGenerators(str(base), 8).open(None))
    assert answers(candidate) == adapted
    assert mainline.tool != candidate.tool
    assert mainline.tool.name == "transformers"


@pytest.mark.parametrize("merged", [True, False])
def test_an_arm_answers_as_plain_peft_does(base, adapter, monkeypatch, merged):
    monkeypatch.setattr(generators, "_merges", lambda _base: merged)
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    ours = TransformersGenerators(str(base), 8).model(adapter)
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)
    ids = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.allclose(ours(ids).logits, plain(ids).logits, atol=1e-3)


def test_an_arm_that_is_left_is_let_go(base, adapter):
    opener = TransformersGenerators(str(base), 8)
    opener.open(adapter)
    left = weakref.ref(opener.model(adapter))
    opener.open(None)
    gc.collect()

    assert left() is None


def test_the_tool_changes_with_the_bytes_of_the_adapter(base, adapter, tmp_path):
    shutil.copytree(adapter, tmp_path / "adapter")
    opener = TransformersGenerators(str(base), 8)
    assert opener.open(adapter).tool == opener.open(tmp_path / "adapter").tool
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps({**config, "lora_alpha": 3}))
    assert opener.open(adapter).tool != TransformersGenerators(str(base), 8).open(tmp_path / "adapter").tool


def damaged(adapter, place, damage):
    from safetensors.torch import load_file, save_file

    if damage == "missing":
        return place
    shutil.copytree(adapter, place)
    weights = place / "adapter_model.safetensors"
    tensors = load_file(weights)
    first = min(tensors)
    if damage == "torn":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "half":
        save_file({name: tensor for name, tensor in tensors.items() if name != first}, weights)
    else:
        save_file({**tensors, first.replace("layers.0", "layers.7"): tensors[first].clone()}, weights)
    return place


@pytest.mark.parametrize("merged", [True, False])
def test_an_adapter_that_does_not_load_is_a_tool_error(base, adapter, tmp_path, monkeypatch, merged):
    monkeypatch.setattr(generators, "_merges", lambda _base: merged)
    opener = TransformersGenerators(str(base), 8)
    mainline = answers(opener.open(None))
    for damage in ("missing", "torn", "half", "foreign"):
        with pytest.raises(ToolError, match="does not load on this mainline"):
            opener.open(damaged(adapter, tmp_path / damage, damage))
        assert answers(opener.open(None)) == mainline, damage


def test_a_prompt_longer_than_the_model_reads_is_a_usage_error(base):
    generator = TransformersGenerators(str(base), 8).open(None)
    with pytest.raises(UsageError, match="reads at most 512"):
        list(generator.generate([Prompt(id="long", text="wire " * 400)], sampling()))


def test_a_missing_mainline_is_a_usage_error():
    with pytest.raises(UsageError, match="hf download nobody/nothing"):
        TransformersGenerators("nobody/nothing", 8).open(None)


def test_a_vendors_penalties_are_not_applied(base, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(base, model)
    config = json.loads((model / "generation_config.json").read_text())
    (model / "generation_config.json").write_text(
        json.dumps({**config, "repetition_penalty": 5.0, "top_k": 1})
    )

    found = answers(TransformersGenerators(str(model), 8).open(None))
    assert found == answers(TransformersGenerators(str(base), 8).open(None))
