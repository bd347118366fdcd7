"""Whether mainline can be trained and measured is known before the night, in the words of the night."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.families import CHATML

from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.mainline import LocalMainline
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.configuration.settings import EndpointSettings, Settings, TrainSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Prompt, Sampling

Damage = Callable[[Path], None]


@pytest.fixture
def model(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "model"))


def mainline(place: Path | str, **train: object) -> LocalMainline:
    return LocalMainline(str(place), Settings(train=TrainSettings.model_validate(train)))


def edit(name: str, **changes: object) -> Damage:
    def damage(place: Path) -> None:
        path = place / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return damage


def put(name: str, text: str) -> Damage:
    return lambda place: (place / name).write_text(text) and None


def without(*names: str) -> Damage:
    return lambda place: [(place / name).unlink() for name in names] and None


def added_token(place: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(place)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|stop|>"]})
    tokenizer.chat_template = CHATML.replace("<|im_end|>", "<|stop|>")
    tokenizer.save_pretrained(place)


FAULTS: dict[str, tuple[Damage, str]] = {
    "no template": (without("chat_template.jinja"), "has no chat template"),
    "no special token at the end": (
        put("chat_template.jinja", CHATML.replace("<|im_end|>", "[end]").replace("<|im_start|>", "[begin]")),
        "never learn to stop",
    ),
    "an answer in capitals": (
        put("chat_template.jinja", CHATML.replace("m.content", "m.content | upper")),
        "word for word",
    ),
    "a template that does not parse": (put("chat_template.jinja", "{% for"), "renders no question"),
    "a template that wants a system turn": (
        put("chat_template.jinja", "{{- raise_exception('System first') -}}"),
        "System first",
    ),
    "no tokenizer": (without("tokenizer.json", "tokenizer_config.json"), "holds no tokenizer that loads"),
    "a tokenizer of another version": (
        put("tokenizer.json", '{"model": 3}'),
        "holds no tokenizer that loads",
    ),
    "a kind that is not known": (
        edit("config.json", model_type="unheard_of"),
        "no model configuration that loads",
    ),
    "no configuration": (without("config.json"), "no model configuration that loads"),
    "a kind that does not write": (
        put("config.json", '{"model_type": "t5"}'),
        "of kind 't5', which is no causal language model",
    ),
    "code of its own": (
        put("config.json", '{"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}'),
        "no model configuration that loads",
    ),
    "no weights": (without("model.safetensors"), "no weights as safetensors"),
    "weights of which a part is missing": (
        put(
            "model.safetensors.index.json",
            '{"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}',
        ),
        "lacks 1 files of weights, model-2.safetensors",
    ),
    "a token that the model has no place for": (added_token, "mainline's vocabulary ends at"),
}


@pytest.mark.parametrize(("damage", "words"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_before_the_night_in_the_words_of_the_night(
    model: Path, plan_for: Callable[..., object], tmp_path: Path, damage: Damage, words: str
) -> None:
    damage(model)
    ready = mainline(model).examine()
    assert len(ready.faults) == 1
    assert words in ready.faults[0]
    with pytest.raises(UsageError) as trained:
        QloraTrainer().fit(plan_for(model=str(model)), tmp_path / "out")  # type: ignore[arg-type]
    assert str(trained.value) == ready.faults[0]
    sampling = Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=4, seed=0)
    with pytest.raises(UsageError) as measured:
        list(TransformersGenerators(str(model), 1).open(None).generate([Prompt(id="p", text="q")], sampling))
    assert str(measured.value) == ready.faults[0]


def test_a_question_that_does_not_fit_is_told_before_the_night(model: Path) -> None:
    [fault] = mainline(model).examine([Prompt(id="long", text="wire " * 400)]).faults
    assert "mainline reads at most 512: shorten it" in fault


def test_a_mainline_that_is_not_here_is_told() -> None:
    assert "hf download nobody/nothing" in mainline("nobody/nothing").examine().faults[0]
    assert mainline("nobody/nothing").identity() == ""
    assert "'/no/such' is no directory" in mainline("/no/such").examine().faults[0]
    assert mainline("/no/such").identity() == ""


def test_a_sound_mainline_is_named_with_what_ends_its_answers(base: Path) -> None:
    ready = mainline(base).examine([Prompt(id="p", text="Write an and gate")])
    assert ready.found == f"{base}: qwen2, answers end with <|im_end|>"
    assert ready.faults == ()
    assert any("more than 512 tokens" in note for note in ready.notes), "the default of max_length is 4096"


def test_a_base_model_can_be_given_plain_turns(model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    ready = mainline(model, chat={"template": "plain"}).examine()
    assert ready.faults == ()


def test_what_a_person_may_not_expect_is_noted(model: Path) -> None:
    thinks = "{%- if enable_thinking -%}{{- '<think>' -}}{%- endif -%}"
    (model / "chat_template.jinja").write_text(CHATML + thinks + "{{- strftime_now('%d') -}}")

    def noted(**train: object) -> str:
        return "\n".join(mainline(model, **train).examine().notes)

    assert "train.chat.date fixes it" in noted()
    assert "train.chat.date" not in noted(chat={"date": "2026-01-01"})
    assert "is asked not to" in noted()
    assert "benchmark.max_thinking_tokens" in noted(chat={"thinking": "on"})
    assert "train.thoughts keeps" in noted(thoughts="keep")


def test_the_identity_changes_with_what_is_asked_and_not_with_the_day(model: Path) -> None:
    before = mainline(model).identity()
    assert before == mainline(model).identity() != ""
    assert mainline(model, chat={"thinking": "on"}).identity() != before
    assert mainline(model, chat={"date": "2026-01-01"}).identity() != before
    template = model / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    assert mainline(model).identity() != before


def test_a_mainline_that_only_others_use_is_not_looked_at() -> None:
    settings = Settings(
        train=TrainSettings(mainline="nobody/nothing", command="train.sh"),
        endpoint=EndpointSettings(url="http://127.0.0.1:9/v1", model="m"),
    )
    elsewhere = LocalMainline("nobody/nothing", settings)
    assert elsewhere.examine().faults == ()
    assert elsewhere.identity() == ""
