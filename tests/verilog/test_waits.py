"""A design waits at the head of an `always` and nowhere else."""

import pytest

from ct_retrain.verilog.guard import guard

HEAD = "module m(input clk, input rst, input [3:0] d, output reg [3:0] q);\n"

WAITS = {
    "task w; @(posedge clk); endtask initial begin w; q = 1; end": "a task that waits",
    "task w; #1; endtask always @(posedge clk) w;": "a task that waits",
    "task automatic w(input [3:0] v); begin @d; q = v; end endtask always @(posedge clk) w(d);": "a task that waits",
    "task w; wait (clk) q = 1; endtask": "a task that waits",
    "task w; q <= @(posedge clk) d; endtask": "a task that waits",
    "function f(input a); begin @(posedge clk); f = a; end endfunction": "a function that waits",
    "initial q <= @(posedge clk) d;": "an initial block that waits",
    "initial q <= #5 d;": "an initial block that waits",
    "initial begin : b if (rst) #5 q = d; end": "an initial block that waits",
    "always begin @(posedge clk); q = d; end": "not at the head",
    "always @(posedge clk) begin q = d; @(negedge clk) q = 0; end": "not at the head",
    "always @(posedge clk) @(negedge clk) q = d;": "not at the head",
    "always begin : b @* q = d; end": "not at the head",
    "always @(posedge clk) q <= @(negedge clk) d;": "not at the head",
    "generate if (0) begin : g always begin @(posedge clk); q = d; end end endgenerate": "not at the head",
    "always if (rst) @(posedge clk) q = d;": "not at the head",
}


@pytest.mark.parametrize(("code", "reason"), WAITS.items(), ids=[code[:40] for code in WAITS])
def test_a_wait_anywhere_else_is_refused(code: str, reason: str) -> None:
    refused = guard(f"{HEAD}{code}\nendmodule\n").refused

    assert any(reason in one.reason for one in refused), refused


@pytest.mark.parametrize(
    "code",
    [
        "always @(posedge clk or negedge rst) if (!rst) q <= 0; else q <= d;",
        "always @* begin q = d; end",
        "always_ff @(posedge clk iff rst) q <= d;",
        "always_latch if (clk) q <= d;",
        "always @(posedge clk) q <= #1 d;",
        "always @(posedge clk) begin : b #1 q <= d; end",
        "task t(input [3:0] v); begin q <= v; end endtask always @(posedge clk) t(d);",
        "initial begin : b integer k; for (k = 0; k < 4; k = k + 1) q[k] = 0; end",
        "generate if (1) begin : g always @(posedge clk) q <= d; end endgenerate",
    ],
)
def test_a_wait_at_the_head_and_old_habits_are_not(code: str) -> None:
    assert guard(f"{HEAD}{code}\nendmodule\n") == ((), ())
