"""Each rule finds what it is for, and leaves alone what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decontamination.problems import (
    ASKED,
    COURT,
    GATE,
    GATE_ASKED,
    MAJORITY,
    NEUTRAL,
    compared,
    problem,
    rule,
    suite,
)

from ct_retrain.decontamination.wording import SimilarityIndex, agreement, question_words

RENAMED = (
    MAJORITY.replace("majority", "jury").replace("votes", "v").replace("passed", "ok").replace("count", "n")
)
REORDERED = """module jury(input [2:0] v, input c, input r, output [1:0] n, output reg ok);
  always @(posedge c)
    if (r) ok <= 0;
    else ok <= n > 1;
  assign n = v[0] + v[1] + v[2];
endmodule
"""


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (MAJORITY, "copied_rtl"),
        ("// ours\n" + MAJORITY.replace(";", " ; // x"), "copied_rtl"),
        (f"Sure, here it is:\n```verilog\n{MAJORITY}```\nDone.", "copied_rtl"),
        (RENAMED, "renamed_rtl"),
        (REORDERED, "reordered_rtl"),
        (MAJORITY.replace("1'b0", "0").replace("2'd1", "2'b01"), "reordered_rtl"),
        (f"{GATE.replace('gate', 'unrelated')}\n{RENAMED}", "reordered_rtl"),
    ],
)
def test_the_answer_alone_gives_a_copy_away(answer: str, found: str) -> None:
    assert rule(NEUTRAL, answer) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2'd1", "2'd2"),
        ("posedge clk", "negedge clk"),
        ("1'b0", "1'b1"),
        ("if (rst)", "if (!rst)"),
        (" + votes[2]", " - votes[2]"),
    ],
)
def test_a_design_that_differs_in_one_place_is_another(old: str, new: str) -> None:
    assert rule(NEUTRAL, MAJORITY.replace(old, new)) == ""


def test_a_golden_inside_the_question_counts_too() -> None:
    assert rule(f"Explain this code:\n```verilog\n{MAJORITY}```", "It counts votes.") == "copied_rtl"


def test_the_rest_of_a_module_whose_header_was_asked_about_is_read_with_it() -> None:
    header, _, body = MAJORITY.partition("\n")
    assert rule(f"Complete the module.\n{header}", body) == "copied_rtl"


def test_a_question_counts_without_an_answer() -> None:
    assert rule(ASKED.upper(), "I cannot do that.") == "copied_question"
    assert rule(f"Below is a task.\n### Instruction:\n{ASKED}\n### Response:", "ok") == "copied_question"
    assert rule(ASKED.partition(" A synchronous")[0], "ok") == "copied_question"


def test_a_paraphrase_counts_and_another_task_of_the_same_words_does_not() -> None:
    paraphrase = (
        "We need a voting circuit called majority whose verdict is registered. The 3 jurors vote on votes[2:0]. "
        "On each rising edge of clk, passed gets set once at least 2 of the jurors agree; count says, combinationally, "
        "how many agree. With a synchronous rst the defendant is acquitted."
    )
    assert rule(paraphrase, "ok") == "similar_question"
    assert (
        rule(
            paraphrase.replace("3 jurors", "9 jurors")
            .replace("least 2", "least 5")
            .replace("[2:0]", "[8:0]"),
            "ok",
        )
        == ""
    )
    assert (
        rule(
            "Design a counter circuit with a synchronous rst and a registered output, set at the rising edge of clk.",
            "ok",
        )
        == ""
    )


def test_a_similar_question_with_other_ports_is_another_task() -> None:
    paraphrase = ASKED.replace("A synchronous rst acquits the defendant.", "Nothing resets it.")
    other = "module majority(input clk, input [2:0] votes, output reg passed); always @(posedge clk) passed <= &votes; endmodule"
    similar = compared((paraphrase, other))
    assert not similar.matches or similar.matches[0].similarity >= 0.9


def test_an_honest_gate_stays_and_a_copied_one_does_not() -> None:
    honest = "module and2(input a, input b, output y);\n  assign y = a & b;\nendmodule\n"

    assert rule("Give me a two-input AND.", honest) == ""
    assert rule(GATE_ASKED, honest) == "copied_question"
    assert rule("Gib mir das Gatter.", GATE) == "copied_rtl", "name and ports are the problem's"
    assert (
        rule("A module named gate with the conjunction of inputs p and q, please.", honest) == "renamed_rtl"
    )


def test_a_row_that_stays_has_its_nearest_problem_named() -> None:
    found = compared(("Count the jurors that vote for it.", MAJORITY.replace("2'd1", "2'd2")))

    assert not found.matches
    assert {one.kind: one.problem for one in found.near} == {"question": "majority", "rtl": "majority"}
    assert all(0 < one.similarity < 1 for one in found.near)


def test_a_golden_that_cannot_be_read_still_protects_its_question() -> None:
    broken = suite(problem("lost", ASKED, "module lost(; endmodule"))
    assert compared((ASKED, MAJORITY), suites=(broken,)).matches[0].rule == "copied_question"


def test_phrases_that_a_suite_repeats_are_no_similarity() -> None:
    intro = "I would like you to implement a module named TopModule with the following interface. All ports are one bit."
    many = suite(*(problem(f"p{n}", f"{intro} It should {verb}.", GATE) for n, verb in enumerate(VERBS)))
    found = compared((f"{intro} It should dance.", "ok"), suites=(many,))

    assert not found.matches


VERBS = ("rotate", "invert", "count", "saturate", "wait", "toggle", "shift", "divide", "compare", "latch")


def test_numbers_are_values_however_they_are_written() -> None:
    one, other = (
        question_words(text).numbers for text in ("an 8-bit adder, limit 8'hFF", "eight bits, up to 255")
    )
    assert agreement(one, other) == 1.0
    assert agreement(one, question_words("a 12-bit adder").numbers) == 0.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_the_comparison(question: str, answer: str) -> None:
    compared((question, answer))


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=5), max_size=6))
def test_similarities_are_shares(sets: list[frozenset[str]]) -> None:
    index = SimilarityIndex([sets])
    for features in sets:
        assert all(0 < share <= 1 for _, share in index.nearest(features))


def test_suites_are_named_in_the_refusal() -> None:
    [match] = compared((ASKED, MAJORITY), suites=(COURT,)).matches.values()
    assert (match.suite, match.problem) == ("court", "majority")
    assert match.reason == "contaminated_copied_question"
    assert "majority of suite court" in match.detail
