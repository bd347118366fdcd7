"""Thoughts are told apart from answers, in every family's spelling, and a draft is never the answer."""

import pytest

from ct_retrain.core.rules.thoughts import (
    closing,
    left_open,
    mentions_thought,
    split_thoughts,
)

DRAFT = "module draft(input a, output y); assign y = ~a; endmodule"
ANSWER = "```verilog\nmodule right(input a, output y); assign y = a; endmodule\n```\n"
PAIRS = [
    ("<think>", "</think>"),
    ("<THINK>", "</Think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<scratchpad>", "</scratchpad>"),
    ("< think >", "</ think >"),
    ('<think time="3">', "</think>"),
    ("<|think|>", "<|/think|>"),
    ("&lt;think&gt;", "&lt;/think&gt;"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<unused94>thought\n", "<unused95>"),
]


@pytest.mark.parametrize(("opening", "ending"), PAIRS)
def test_every_spelling_divides_thought_from_answer(opening: str, ending: str) -> None:
    whole = split_thoughts(f"{opening}\nPerhaps {DRAFT}\n{ending}\n\n{ANSWER}")
    assert (whole.answer.strip(), whole.unfinished) == (ANSWER.strip(), False)
    assert whole.thought.strip() == f"Perhaps {DRAFT}"


@pytest.mark.parametrize(("opening", "ending"), PAIRS)
def test_an_unfinished_thought_leaves_no_answer(opening: str, ending: str) -> None:
    cut = split_thoughts(f"{opening}\nPerhaps\n{DRAFT}\n")
    assert (cut.answer, cut.unfinished) == ("", True)
    again = split_thoughts(f"{opening}\na\n{ending}\n{DRAFT}\n{opening}\nno, wait")
    assert (again.answer, again.unfinished) == ("", True)


@pytest.mark.parametrize(("opening", "ending"), PAIRS)
def test_the_opening_mark_may_stand_in_the_prompt(opening: str, ending: str) -> None:
    found = split_thoughts(f"Perhaps {DRAFT}\n{ending}\n{ANSWER}")
    assert (found.answer.strip(), found.unfinished) == (ANSWER.strip(), False)
    assert left_open(f"question\n{opening}\n").strip() == opening.strip()
    assert left_open(f"question\n{opening}\n\n{ending}\n\n") == ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"<think>a <think>b</think> {DRAFT}</think>{ANSWER}", ANSWER),
        (f"a <think>b</think> {DRAFT}</think>{ANSWER}", ANSWER),
        (f"<think>\n<think>\n{DRAFT}</think>{ANSWER}", ANSWER),
        (f"<think>a</think>{ANSWER}<think>Is it right? Yes.</think>", ANSWER),
        (f"<think>{DRAFT}</think></think>{ANSWER}", ANSWER),
        (f"<think>The mark `<think>` opens.</think>{ANSWER}", ANSWER),
        (f"<think></think>{ANSWER}", ANSWER),
        (f"<think/>{ANSWER}", f"<think/>{ANSWER}"),
        (f"{DRAFT}</think>", ""),
    ],
)
def test_nested_repeated_and_stray_marks(text: str, answer: str) -> None:
    assert split_thoughts(text)._replace(thought="") == (answer, "", False)


def test_nested_thoughts_of_which_one_is_open_leave_no_answer() -> None:
    assert split_thoughts(f"<think>a <think>b</think> {DRAFT}") == ("", f"a b {DRAFT}", True)


def test_of_channels_only_the_final_one_answers() -> None:
    begin = f"<|channel|>analysis<|message|>Maybe {DRAFT}<|end|><|start|>assistant"
    more = "<|channel|>commentary to=f <|constrain|>json<|message|>{}<|call|><|start|>assistant"
    final = f"<|channel|>final<|message|>{ANSWER}"
    for end in ("", "<|return|>", "<|end|>"):
        assert split_thoughts(begin + more + final + end)._replace(thought="") == (ANSWER, "", False)
    assert split_thoughts(begin)._replace(thought="") == ("", "", True)
    assert split_thoughts(f"analysisWe need it.{DRAFT}assistantfinal{ANSWER}").answer == ANSWER
    assert split_thoughts(f"analysisWe need it.{DRAFT}").unfinished


def test_a_spoken_thought_is_a_thought() -> None:
    spoken = f"Here is my thought process:\n{DRAFT}\n"
    assert split_thoughts(f"{spoken}Here is my response:{ANSWER}").answer == ANSWER
    assert split_thoughts(spoken)._replace(thought="") == ("", "", True)


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "",
        "module m; localparam THINK = 1; always @* next[THINK] = state [THINK] & ~next[EAT]; endmodule",
        "module m; assign y = a <think && b> c; endmodule",
        "analysis of the problem: it counts\n" + ANSWER,
        "Use `<think>` to think.\n" + ANSWER,
        "I think, and Here is my response:\n" + ANSWER,
    ],
)
def test_text_without_marks_is_all_answer(text: str) -> None:
    assert split_thoughts(text) == (text, "", False)
    assert not mentions_thought(text)


def test_marks_are_seen_wherever_they_stand() -> None:
    assert mentions_thought("a</think>")
    assert mentions_thought("<|channel|>analysis")


@pytest.mark.parametrize(("opening", "ending"), PAIRS)
def test_what_closes_a_thought_is_known_by_what_opened_it(opening: str, ending: str) -> None:
    closed = f"{opening}\nPerhaps\n{closing(left_open(opening))}\n{ANSWER}"
    assert split_thoughts(closed).answer.strip() == ANSWER.strip()
    if opening == opening.strip() and "|" not in opening[1:-2] and "=" not in opening and " " not in opening:
        assert closing(opening).lower() == ending.lower()
