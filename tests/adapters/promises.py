"""What every Generators promises, as functions that fail where one does not hold; `PROMISES` lists them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generators
from ct_retrain.core.records.problem import Completion, Prompt, Sampling

PROMPTS = [
    Prompt(id="and", text="Write a module named top with inputs a and b and output y that is their and."),
    Prompt(id="counter", text="Write a 4-bit counter named top with clk and rst."),
    Prompt(id="mux", text="Write a multiplexer named top"),
]
SAMPLING = Sampling(samples=3, temperature=1.2, top_p=0.95, max_new_tokens=24, seed=5)
GREEDY = SAMPLING.model_copy(update={"samples": 1, "temperature": 0.0, "max_new_tokens": 40})

Drawn = Mapping[tuple[str, int], Completion]


class Subject(NamedTuple):
    """Generators, what they answer from, and an adapter that changes answers."""

    generators: Generators
    reference: Generators
    """In this process, on the same mainline."""
    adapter: Path
    nothing: Path
    """An empty directory."""


def said_plainly(model: Any, tokenizer: Any, question: str, tokens: int) -> str:
    """What *model* answers without our code: its most likely words, at most *tokens* of them."""
    import torch

    turn = [{"role": "user", "content": question}]
    inputs = tokenizer.apply_chat_template(
        turn, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.no_grad():
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=tokens)
    return str(tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


def drawn(
    generators: Generators,
    adapter: Path | None,
    prompts: list[Prompt] = PROMPTS,
    sampling: Sampling = SAMPLING,
) -> Drawn:
    found = list(generators.open(adapter).generate(prompts, sampling))
    assert len({(one.prompt_id, one.index) for one in found}) == len(found)
    return {(one.prompt_id, one.index): one for one in found}


def every_prompt_gets_its_samples(subject: Subject) -> None:
    found = drawn(subject.generators, None)

    assert set(found) == {(prompt.id, index) for prompt in PROMPTS for index in range(3)}
    assert len({one.text for one in found.values()}) > 5
    assert all(0 < one.tokens <= 24 for one in found.values())


def a_sample_is_the_same_when_it_is_asked_for_alone(subject: Subject) -> None:
    everything = drawn(subject.generators, None)
    alone = drawn(subject.generators, None, [PROMPTS[2].model_copy(update={"first": 1})])

    assert set(alone) == {("mux", 1), ("mux", 2)}
    assert alone == {key: everything[key] for key in alone}


def greedy_samples_are_all_the_same(subject: Subject) -> None:
    found = drawn(subject.generators, None, PROMPTS[:1], GREEDY.model_copy(update={"samples": 3}))

    assert len(found) == 3
    assert len({one.text for one in found.values()}) == 1


def greedy_answers_are_those_of_this_process(subject: Subject) -> None:
    for arm in (None, subject.adapter):
        theirs, ours = (drawn(one, arm, PROMPTS, GREEDY) for one in (subject.generators, subject.reference))
        assert {key: one.text.strip() for key, one in theirs.items()} == {
            key: one.text.strip() for key, one in ours.items()
        }


def an_answer_is_finished_only_when_the_model_ended_it(subject: Subject) -> None:
    found = drawn(subject.generators, None, PROMPTS, GREEDY)

    assert {key[0]: one.finished for key, one in found.items()} == {
        "and": True,
        "counter": False,
        "mux": False,
    }
    assert found["and", 0].tokens < 40
    assert "<|im_end|>" not in found["and", 0].text


def an_adapter_is_another_arm_and_leaves_mainline_as_it_was(subject: Subject) -> None:
    generators = subject.generators
    mainline, candidate = generators.open(None), generators.open(subject.adapter)
    texts = {key: one.text for key, one in drawn(generators, None).items()}

    assert mainline.tool != candidate.tool
    assert {key: one.text for key, one in drawn(generators, subject.adapter).items()} != texts
    assert {key: one.text for key, one in drawn(generators, None).items()} == texts
    assert generators.open(None).tool == mainline.tool
    assert generators.open(subject.adapter).tool == candidate.tool


def what_is_no_adapter_is_a_tool_error_and_mainline_still_answers(subject: Subject) -> None:
    with pytest.raises(ToolError):
        drawn(subject.generators, subject.nothing)
    assert len(drawn(subject.generators, None, PROMPTS[:1])) == 3


def what_was_closed_opens_again(subject: Subject) -> None:
    tool = subject.generators.open(None).tool
    subject.generators.close()
    subject.generators.close()

    assert subject.generators.open(None).tool == tool
    assert len(drawn(subject.generators, None, PROMPTS[:1])) == 3


PROMISES: list[Callable[[Subject], None]] = [
    every_prompt_gets_its_samples,
    a_sample_is_the_same_when_it_is_asked_for_alone,
    greedy_samples_are_all_the_same,
    greedy_answers_are_those_of_this_process,
    an_answer_is_finished_only_when_the_model_ended_it,
    an_adapter_is_another_arm_and_leaves_mainline_as_it_was,
    what_is_no_adapter_is_a_tool_error_and_mainline_still_answers,
    what_was_closed_opens_again,
]
