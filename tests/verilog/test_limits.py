"""A limit of elaboration that is reached is something that nobody has read."""

import pytest

from ct_retrain.verilog.guard import approve, guard, usable

LIMITS = {
    "steps of a constant function": "module m(output q); function automatic integer f(input integer n); integer k;"
    " begin f = 0; for (k = 0; k < n; k = k + 1) f = f + 1; end endfunction localparam P = f(200000);"
    " generate if (P) begin : g assign q = 1; end endgenerate endmodule",
    "calls of a constant function": "module m(output q); function automatic integer f(input integer n);"
    " f = n ? f(n - 1) : 0; endfunction localparam P = f(5000); endmodule",
    "generated blocks": "module m(output q); genvar g; generate for (g = 0; g < 30000; g = g + 1) begin : b"
    " wire w; end endgenerate endmodule",
    "an array of instances": "module leaf(output o); assign o = 0; endmodule"
    " module m(output q); wire [30000:0] w; leaf u[30000:0](w); endmodule",
    "depth of instances": "module m #(parameter N = 100)(output q); generate if (N) begin : g m #(N - 1) u(q); end"
    " endgenerate endmodule module top(output q); m u(q); endmodule",
    "a module in itself": "module m(output q); m u(q); endmodule module top(output q); m u(q); endmodule",
    "a parameter that nobody sets": "module m #(parameter N)(output q); generate if (N) begin : g assign q = 1;"
    " end endgenerate endmodule module top(output q); m u(q); endmodule",
}


@pytest.mark.parametrize("text", LIMITS.values(), ids=LIMITS)
def test_a_limit_that_is_reached_is_refused(text: str) -> None:
    found = approve(text)

    assert found.report.unread or found.illegal, found
    assert not usable(found)


def test_designs_below_the_limits_are_read() -> None:
    text = (
        "module leaf(output o); assign o = 0; endmodule module m(output [99:0] q); leaf u[99:0](q);"
        " function automatic integer f(input integer n); f = n ? f(n - 1) : 0; endfunction localparam P = f(50);"
        " genvar g; generate for (g = 0; g < 500; g = g + 1) begin : b wire w; end endgenerate endmodule"
    )

    assert guard(text) == ((), ())
