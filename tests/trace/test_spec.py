"""What the words of a specification are, in every form it comes in."""

import json
from collections.abc import Iterator
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.trace import instruction_of, spec_hash_of


@pytest.mark.parametrize(
    "text",
    [
        "  a counter\n",
        "\ufeffa counter",
        '{"description": "a counter"}',
        '{"run_id": "r1", "spec": " a counter ", "notes": ""}',
        '{"description": "", "prompt": "a counter"}',
        '{"spec": {"description": "a counter"}}',
    ],
)
def test_text_and_json_with_a_description_say_the_same_and_have_one_hash(text: str) -> None:
    assert instruction_of(text) == "a counter"
    assert spec_hash_of(text) == spec_hash_of("a counter")


@pytest.mark.parametrize(
    "text", ['{"ports": ["clk"]}', "{not json", '{"description": 7}', "[1]", '{"a":' * 3000]
)
def test_what_has_no_description_is_its_own_words(text: str) -> None:
    assert instruction_of(text) == text


def test_a_hash_is_sixty_four_hex_digits_even_of_odd_text() -> None:
    assert len(spec_hash_of("\ud800")) == 64


FIELDS = {
    "description": "Event counter.",
    "module_name": "EVT_CNT",
    "data_width": 8,
    "header": "module EVT_CNT (\n  input clk\n);",
    "ports": [{"name": "clk", "dir": "input"}, {"name": "q", "dir": "output, registered"}],
    "parameters": {"reset": "rst_n", "depth": {"min": 1, "max": [2, 3]}},
    "states": ["IDLE", "RUN"],
    "signed": False,
    "id": "7f",
    "created_at": "2026-01-01",
    "notes": None,
}


def test_every_field_of_a_specification_is_in_the_question_description_first() -> None:
    assert instruction_of(json.dumps(FIELDS)) == (
        "Event counter.\n\n"
        "module_name: EVT_CNT\n"
        "header:\n  module EVT_CNT (\n    input clk\n  );\n"
        "parameters:\n  depth:\n    max: 2, 3\n    min: 1\n  reset: rst_n\n"
        "ports:\n  - name: clk, dir: input\n  -\n    name: q\n    dir: output, registered\n"
        "data_width: 8\n"
        "signed: false\n"
        "states: IDLE, RUN"
    )


def test_the_order_of_keys_changes_nothing() -> None:
    few = list(FIELDS.items())[:4]

    assert len({spec_hash_of(json.dumps(dict(order))) for order in permutations(few)}) == 1
    turned = {**FIELDS, "parameters": {"depth": {"max": [2, 3], "min": 1}, "reset": "rst_n"}}
    assert instruction_of(json.dumps(turned)) == instruction_of(json.dumps(FIELDS))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            '{"spec": {"description": "a counter", "width": 8}, "module_name": "m"}',
            "a counter\n\nmodule_name: m\nspec:\n  width: 8",
        ),
        ('{"description": "a counter", "prompt": "a counter"}', "a counter"),
        ('{"description": "a counter", "prompt": "Count up."}', "a counter\n\nprompt: Count up."),
        ('{"description": "a \\ud800 counter", "w": 1}', "a \\ud800 counter\n\nw: 1"),
    ],
)
def test_what_repeats_the_description_is_said_once_and_what_adds_to_it_is_kept(
    text: str, question: str
) -> None:
    assert instruction_of(text) == question


names = st.text("abcdefgh_", min_size=1, max_size=6)
values = st.recursive(
    st.integers() | st.text("xyz,. \n", min_size=1).filter(str.strip) | st.booleans(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield name
            yield from leaves(below)
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below)
    else:
        yield from (str(value).lower().split() if isinstance(value, bool) else str(value).split())


@given(fields=st.dictionaries(names.filter(lambda name: name != "id"), values, max_size=4))
def test_no_word_of_any_field_is_lost(fields: dict[str, object]) -> None:
    question = instruction_of(json.dumps({"description": "a counter", **fields}))

    assert question.startswith("a counter")
    assert [word for word in leaves(fields) if word not in question] == []


def test_a_description_beside_what_is_nested_too_deep_is_still_a_question() -> None:
    deep = '{"description": "a counter", "x": ' + "[" * 500 + "1" + "]" * 500 + "}"

    assert instruction_of(deep).startswith(("a counter", deep[:20]))
