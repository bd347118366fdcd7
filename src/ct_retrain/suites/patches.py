"""Small corrections of published data, each with its reason; with them every golden passes. Applied only on
request.

A patch that finds nothing to change leaves the problem as it is: it was corrected upstream.
"""

from typing import NamedTuple

from ct_retrain.core.records.problem import Problem


class Patch(NamedTuple):
    """Texts to replace in golden and testbench of one problem."""

    suites: tuple[str, ...]
    problem: str
    why: str
    edits: tuple[tuple[str, str], ...]


TAG = "patched"
_V1, _SPEC, _COMPLETE = "verilogeval-v1-human", "verilogeval-v2-spec-to-rtl", "verilogeval-v2-code-complete"
_WATCHDOG = "the testbench's watchdog ends the test before its stimuli do"
_CAST = "Icarus Verilog 11 cannot cast to an enumeration"
_LATER = (("#1000000\n", "#10000000\n"),)
_UNCAST = (("States'(", "("), ("States state, next;", "logic [3:0] state, next;"))
_PORTS = ((".Y2(", ".Y1("), (".Y4(", ".Y3("))

PATCHES: tuple[Patch, ...] = (
    Patch((_V1,), "review2015_fsm", _CAST, _UNCAST),
    Patch((_V1,), "review2015_fancytimer", _CAST, _UNCAST),
    Patch((_SPEC, _COMPLETE), "Prob082_lfsr32", _WATCHDOG, _LATER),
    Patch(
        (_SPEC,),
        "Prob099_m2014_q6c",
        "the testbench connects Y2 and Y4, prompt and reference say Y1 and Y3",
        _PORTS,
    ),
    Patch((_SPEC, _COMPLETE), "Prob141_count_clock", _WATCHDOG, _LATER),
    Patch((_SPEC, _COMPLETE), "Prob151_review2015_fsm", _CAST, _UNCAST),
    Patch((_SPEC, _COMPLETE), "Prob156_review2015_fancytimer", f"{_WATCHDOG}; {_CAST}", (*_LATER, *_UNCAST)),
    Patch(
        ("rtllm",),
        "asyn_fifo",
        "Icarus Verilog has no break",
        (
            ("repeat (17) begin\n    #20;", "begin : writing repeat (17) begin\n    #20;"),
            ("break;", "disable writing;"),
            ("winc = 0; // Disable write\n  end\n  end", "winc = 0; // Disable write\n  end end\n  end"),
        ),
    ),
    Patch(
        ("rtllm",),
        "clkgenerator",
        "the testbench samples the clock at the moment it changes",
        (("#5; // Time delay", "#4; // Time delay"), ("res = res + 1;", "res = res + 1; #1;")),
    ),
    Patch(
        ("rtllm",),
        "div_16bit",
        "the testbench of v1.1 declares expected_result twice",
        (("reg [15:0] expected_result;\nreg [15:0] expected_odd;", "reg [15:0] expected_odd;"),),
    ),
    Patch(
        ("rtllm",),
        "radix2_div",
        "the testbench drives the design at the moment of the clock edge",
        (("wait(res_valid);\n            #10;", "wait(res_valid);\n            @(negedge clk);"),),
    ),
    Patch(
        ("rtllm",),
        "ring_counter",
        "Icarus Verilog cannot initialise an array in its declaration; the test may miss its own end",
        (
            ("reg [7:0] data [0:9] = {", "reg [7:0] data [0:9]; wire [79:0] listed = {"),
            ("out !== data[i]", "out !== listed[8 * (9 - i) +: 8]"),
            ("if (i == 9)", "if (i >= 9)"),
            ("out, data[i])", "out, listed[8 * (9 - i) +: 8])"),
        ),
    ),
)


def patched(suite: str, problem: Problem) -> Problem:
    """Return *problem* of *suite* with its patch applied and tagged, if there is one and it applies."""
    testbench, golden = problem.testbench, problem.golden
    for patch in PATCHES:
        if suite in patch.suites and problem.id == patch.problem:
            for old, new in patch.edits:
                testbench, golden = testbench.replace(old, new), golden.replace(old, new)
    if (testbench, golden) == (problem.testbench, problem.golden):
        return problem
    return problem.model_copy(update={"testbench": testbench, "golden": golden, "tags": (*problem.tags, TAG)})
