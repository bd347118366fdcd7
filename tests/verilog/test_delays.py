"""Delays are taken out of a design and nothing else is; where a macro hides one too well, that is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.verilog.delays import undelayed


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("always @(posedge c) q <= #1 d;", "always @(posedge c) q <= d;"),
        ("always @(posedge c) q <= #(2) d;", "always @(posedge c) q <= d;"),
        ("assign #(3, 4) k = 1;", "assign k = 1;"),
        ("wire #3 w = 1;", "wire w = 1;"),
        ("and #2 (o, a, b);", "and (o, a, b);"),
        ("always @* begin #5 q = d; end", "always @* begin q = d; end"),
        ("sub #(.W(3)) u(.a(a));", "sub #(.W(3)) u(.a(a));"),
        ("sub #(3) u(.a(a));", "sub #(3) u(.a(a));"),
        ("always @(posedge c) q <= d;", "always @(posedge c) q <= d;"),
    ],
)
def test_delays_are_taken_out_and_parameters_are_not(written: str, left: str) -> None:
    found = undelayed(f"module m;\n{written}\nendmodule\n")

    assert found is not None
    assert found.split() == f"module m; {left} endmodule".split()


@pytest.mark.parametrize(
    ("macro", "statement"),
    [("`define D 3", "q <= #`D d;"), ("`define D #3", "q <= `D d;"), ("`define Q q <= #1 d", "`Q;")],
)
def test_a_delay_in_a_macro_is_taken_out_too(macro: str, statement: str) -> None:
    found = undelayed(f"{macro}\nmodule m; always @(posedge c) {statement} endmodule\n")

    assert found is not None
    assert "#" not in found
    assert "d" in found


@pytest.mark.parametrize("macro", ["`define D(x) #x", "`define D(x) # x"])
def test_a_delay_that_cannot_be_taken_out_is_no_text(macro: str) -> None:
    assert undelayed(f"{macro}\nmodule m; always @(posedge c) q <= `D(3) d; endmodule\n") is None


@given(st.text(max_size=200))
def test_text_without_a_delay_stays_as_it_is(text: str) -> None:
    assert undelayed(text.replace("#", "")) == text.replace("#", "")
