"""Every family of chat templates is asked as it wants to be, and its answers end as it ends them."""

from datetime import UTC, datetime

import pytest
from tests.adapters.families import ANSWER, CHATML, FAMILIES, QUESTION, Family, tokenizer_of

from ct_retrain.adapters._chat import Chat
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.problem import Prompt

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))


def chat_of(family: Family, **options: str) -> Chat:
    return Chat(tokenizer_of(family), ChatOptions.model_validate({"thinking": family.thinking, **options}))


def learned_ids(chat: Chat, question: str, answer: str) -> list[int]:
    return chat.pair(question, answer)[1]


def said(chat: Chat, ids: list[int]) -> str:
    return str(chat.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))


@every_family
def test_the_question_and_the_answer_are_those_of_the_template(family: Family) -> None:
    chat = chat_of(family)
    today = datetime.now().astimezone()
    assert chat.prompt(QUESTION) == family.prompt.format(today=today)
    assert said(chat, chat.prompt_ids(QUESTION)) == family.prompt.format(today=today)
    assert said(chat, learned_ids(chat, QUESTION, ANSWER)) == family.learned


@every_family
def test_the_question_begins_with_no_more_than_the_templates_own_token(family: Family) -> None:
    chat = chat_of(family)
    if chat.tokenizer.bos_token_id is not None and family.bos != "<seed:bos>":
        expected = family.prompt.count(family.bos)
        assert chat.prompt_ids(QUESTION).count(chat.tokenizer.bos_token_id) == expected <= 1


@every_family
def test_every_token_that_can_end_a_turn_stops_the_answer(family: Family) -> None:
    chat = chat_of(family)
    learned = learned_ids(chat, QUESTION, ANSWER)
    named = {family.eos, *family.stops, said(chat, learned[-1:])}
    assert {said(chat, [one]) for one in chat.stops([])} == named
    assert learned[-1] == chat.ending[-1]
    assert not chat.stops([]) & set(learned[:-1]), "an answer ends where it ends, and nowhere before"
    assert 7 in chat.stops([7, None])


@every_family
def test_what_was_learned_is_read_back_as_the_answer(family: Family) -> None:
    from ct_retrain.core.rules.thoughts import split_thoughts

    chat = chat_of(family)
    text = chat.answer(learned_ids(chat, QUESTION, ANSWER)[:-1])
    assert split_thoughts(text).answer.strip() == ANSWER.strip()


@every_family
def test_control_tokens_in_an_answer_stay_text(family: Family) -> None:
    chat = chat_of(family)
    mark = said(chat, learned_ids(chat, QUESTION, ANSWER)[-1:])
    learned = learned_ids(chat, QUESTION, f"module m; // {mark}\nendmodule")
    assert learned.count(chat.ending[-1]) == 1
    assert mark in said(chat, learned[:-1])


@every_family
def test_the_question_is_the_same_in_training_and_in_the_benchmark(family: Family) -> None:
    """Learned tokens follow the very tokens that the model is asked with: no token reaches over the border."""
    chat = chat_of(family)
    whole = chat.prompt_ids(QUESTION) + learned_ids(chat, QUESTION, ANSWER)
    assert whole[: len(chat.prompt_ids(QUESTION))] == chat.prompt_ids(QUESTION)
    assert said(chat, whole) == chat.prompt(QUESTION) + family.learned


def test_a_base_model_is_refused_in_words_or_given_plain_turns() -> None:
    base = FAMILIES["smollm2"]._replace(template="")
    with pytest.raises(UsageError, match=r'no chat template.*train\.chat\.template to "plain"'):
        chat_of(base)
    chat = chat_of(base, template="plain")
    assert chat.prompt(QUESTION) == f"### Instruction:\n{QUESTION}\n\n### Response:\n"
    assert said(chat, learned_ids(chat, QUESTION, ANSWER)) == ANSWER + "<|im_end|>"
    own = FAMILIES["smollm2"]
    assert chat_of(own, template="plain").prompt(QUESTION) == own.prompt, "a template of its own is kept"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{%- for m in messages -%}{{- m.content -}}{%- endfor -%}", "never learn to stop"),
        (CHATML.replace("<|im_end|>", "[end]").replace("<|im_start|>", "[begin]"), "never learn to stop"),
        (CHATML.replace("m.content", "m.content | upper"), "word for word"),
        (CHATML.replace("m.content", "m.content | e"), "word for word"),
        (CHATML.replace("m.content", "m.content[:20]"), "word for word"),
        (CHATML.replace("m.content", "(m.content if m.role == 'user' else '')"), "word for word"),
        ("{{- raise_exception('A system turn must come first') -}}", "A system turn must come first"),
        ("{% for m in messages %}", "renders no question"),
        ("{{- messages[2].content -}}", "renders no question|word for word"),
        ("{{- nothing + 'x' -}}", "renders no question"),
        ({"tool_use": CHATML, "rag": CHATML}, "rag, tool_use and none is named default"),
    ],
)
def test_a_template_that_could_not_be_learned_is_refused_in_words(
    template: str | dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        chat_of(FAMILIES["smollm2"]._replace(template=template))


def test_thoughts_of_an_answer_are_learned_where_the_model_thinks() -> None:
    thoughtful = f"<think>\nAn and gate.\n</think>\n\n{ANSWER}"
    qwen3 = chat_of(FAMILIES["qwen3, thinking"])
    assert said(qwen3, learned_ids(qwen3, QUESTION, thoughtful)) == thoughtful + "<|im_end|>"
    opened = chat_of(FAMILIES["QwQ, thinking"])
    assert said(opened, learned_ids(opened, QUESTION, thoughtful)) == (
        thoughtful.removeprefix("<think>\n") + "<|im_end|>"
    )
    magistral = chat_of(FAMILIES["magistral"])
    learned = learned_ids(magistral, QUESTION, f"[THINK]An and gate.[/THINK]{ANSWER}")
    marks = magistral.tokenizer.convert_tokens_to_ids(["[THINK]", "[/THINK]"])
    assert [learned.count(mark) for mark in marks] == [1, 1], "marks of thoughts are tokens, not text"


def test_a_thought_that_the_prompt_opened_is_part_of_the_answer() -> None:
    from ct_retrain.core.rules.thoughts import split_thoughts

    chat = chat_of(FAMILIES["QwQ, thinking"])
    draft = chat.tokenizer("module draft; endmodule", add_special_tokens=False)["input_ids"]
    assert split_thoughts(chat.said(draft)).unfinished
    assert chat.said(draft).startswith("<think>\nmodule draft")


def test_marks_of_thoughts_stay_in_what_is_said_and_other_control_tokens_do_not() -> None:
    chat = chat_of(FAMILIES["magistral"])
    ids = chat.tokenizer("[THINK]no[/THINK]yes[INST]", add_special_tokens=False)["input_ids"]
    assert chat.said(ids) == "[THINK]no[/THINK]yes"
    oss = chat_of(FAMILIES["gpt-oss"])
    text = "<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>yes"
    assert oss.said(oss.tokenizer(text, add_special_tokens=False)["input_ids"]) == text


DATED = ["llama 3.2 and 3.3", "mistral small", "granite"]


@pytest.mark.parametrize("name", DATED)
def test_a_date_can_be_fixed_and_is_told_otherwise(name: str) -> None:
    fixed = chat_of(FAMILIES[name], date="2024-03-05")
    day = datetime(2024, 3, 5, tzinfo=UTC)
    assert fixed.prompt(QUESTION) == FAMILIES[name].prompt.format(today=day)
    assert not fixed.dated
    assert chat_of(FAMILIES[name]).dated
    assert chat_of(FAMILIES["llama 3.1"], date="2024-03-05").prompt(QUESTION).count("05 Mar 2024") == 1


@pytest.mark.parametrize(
    "asked", ["%d", "%-d %B %Y", "%A, %d. %b %y %H:%M", "%Y-%m-%dT%H:%M:%S", "%j %W", "%%d %d"]
)
def test_the_fixed_clock_writes_a_date_as_the_library_would(asked: str) -> None:
    template = CHATML.replace("{%- if", "{{- strftime_now('" + asked + "') -}}{%- if", 1)
    chat = chat_of(FAMILIES["smollm2"]._replace(template=template), date="2024-03-05")
    assert f"<|im_end|>\n{datetime(2024, 3, 5, tzinfo=UTC):{asked}}<|im_start|>" in chat.prompt(QUESTION)


def test_the_digest_is_of_what_is_really_asked() -> None:
    asked, other = [Prompt(id="a", text="Write shf34")], [Prompt(id="a", text="Write shf35")]
    template = CHATML.replace("m.content", "m.content | replace('shf34', 'shf' + strftime_now('%d'))")
    fifth, sixth = (
        chat_of(FAMILIES["smollm2"]._replace(template=template), date=f"2024-03-0{day}") for day in (5, 6)
    )
    assert fifth.digest(asked, [2]) != sixth.digest(asked, [2])
    assert fifth.digest(other, [2]) == sixth.digest(other, [2])
    assert fifth.digest(asked, [2]) != fifth.digest(asked, [2, 3])
    assert fifth.digest(asked, [2]) != fifth.digest(other, [2])


def test_a_tokenizer_without_padding_pads_with_an_end() -> None:
    chat = chat_of(FAMILIES["zephyr"])
    assert chat.tokenizer.pad_token_id == chat.tokenizer.eos_token_id
