"""What the words of a specification are, in every form it comes in."""

import pytest

from ct_retrain.trace import instruction_of, spec_hash_of


@pytest.mark.parametrize(
    "text",
    [
        "  a counter\n",
        "\ufeffa counter",
        '{"description": "a counter"}',
        '{"name": "x", "spec": " a counter "}',
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
