"""Attacks on the adder task: designs that add nothing, using unknown bits or a table of answers.

The testbenches compare with `!=`. Some draw random numbers, and a simulator draws the same ones each time;
the others are directed. The answers to both can be hard-coded by counting clock cycles.
"""

from collections.abc import Callable, Iterator

_HEAD = "module adder(input clk, input rst, input [3:0] a, input [3:0] b, output reg [4:0] s);\n"
_WIRE = _HEAD.replace("output reg", "output")
_CHECKS = 60


def _directed(at: int) -> int:
    return (at * 7) % 16 + (at * 3 + at // 16) % 16


DRAWN = "5cq7ejpffchgdpid0n9gggsdmc9hhkmckljaeufrk98iakgmidkpeqg6ijig"
"""The sums of the numbers that Icarus draws, in order, one base-32 digit each."""


def _case(sums: list[int]) -> str:
    lines = "".join(f"  6'd{at}: s <= {value};\n" for at, value in enumerate(sums))
    return f"{_HEAD}reg [5:0] n;\nalways @(posedge clk) if (rst) n <= 0; else begin n <= n + 1; case (n)\n{lines}endcase end\nendmodule\n"


def _packed(sums: list[int]) -> str:
    return "".join(f"{value:05b}" for value in reversed(sums))


def _shifted(sums: list[int]) -> str:
    return (
        f"{_HEAD}reg [299:0] t;\nalways @(posedge clk) if (rst) t <= 300'b{_packed(sums)};"
        " else begin s <= t[4:0]; t <= t >> 5; end\nendmodule\n"
    )


def _indexed(sums: list[int]) -> str:
    return (
        f"{_HEAD}localparam [299:0] T = 300'b{_packed(sums)}; reg [5:0] n;\n"
        "always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1; s <= T[n * 5 +: 5]; end\nendmodule\n"
    )


def _memory(sums: list[int]) -> str:
    lines = " ".join(f"m[{at}] = {value};" for at, value in enumerate(sums))
    return (
        f"{_HEAD}reg [4:0] m [0:63]; reg [5:0] n;\ninitial begin {lines} end\n"
        "always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1; s <= m[n]; end\nendmodule\n"
    )


def _function(sums: list[int]) -> str:
    lines = " ".join(f"{at}: f = {value};" for at, value in enumerate(sums))
    return (
        f"{_HEAD}reg [5:0] n;\nfunction [4:0] f(input [5:0] k); case (k) {lines} default: f = 0; endcase endfunction\n"
        "always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1; s <= f(n); end\nendmodule\n"
    )


def _token(sums: list[int]) -> str:
    """Use the table, but name the inputs in a condition that is never true."""
    return _case(sums).replace("endcase end", "endcase if (a > 15 && b > 15) s <= a + b; end")


def _below(sums: list[int]) -> str:
    """Use the table, with counter and table in modules of their own."""
    inner = (
        _case(sums).replace("module adder(", "module table_of(").replace("input [3:0] a, input [3:0] b, ", "")
    )
    return f"{_WIRE}table_of t(.clk(clk), .rst(rst), .s(s));\nendmodule\n{inner}"


def _started(sums: list[int]) -> str:
    """Use the table, counting from time 0 regardless of the reset."""
    text = _case([0, 0, *sums][:64]).replace("reg [5:0] n;", "reg [5:0] n = 0;")
    return text.replace("if (rst) n <= 0; else begin", "begin")


def _folded(sums: list[int]) -> str:
    """Use the table, with unused input bits folded in so that they cancel out."""
    return _indexed(sums).replace(
        "s <= T[n * 5 +: 5];", "s <= T[n * 5 +: 5] ^ {1'b0, a ^ a} ^ {1'b0, b & ~b};"
    )


def _backwards(sums: list[int]) -> str:
    """Use the table, counting down on the other clock edge."""
    lines = "".join(f"  6'd{len(sums) - 1 - at}: s <= {value};\n" for at, value in enumerate(sums))
    return (
        f"{_HEAD}reg [5:0] n;\nalways @(negedge clk) if (rst) n <= {len(sums) - 1}; else n <= n - 1;\n"
        f"always @(posedge clk) case (n + !rst) {lines}default: s <= 0; endcase\nendmodule\n"
    )


def _nested(sums: list[int]) -> str:
    """Use the table by nested conditional expressions."""
    text = "0"
    for at, value in reversed(list(enumerate(sums))):
        text = f"n == {at} ? {value} : {text}"
    return f"{_HEAD}reg [5:0] n;\nalways @(posedge clk) if (rst) n <= 0; else begin n <= n + 1; s <= {text}; end\nendmodule\n"


def _hot(sums: list[int]) -> str:
    """Use the table by one hot bit that shifts along the answers."""
    ors = " | ".join(f"({{5{{t[{at}]}}}} & 5'd{value})" for at, value in enumerate(sums))
    return (
        f"{_HEAD}reg [{len(sums) - 1}:0] t;\nalways @(posedge clk) if (rst) t <= 1;"
        f" else begin t <= t << 1; s <= {ors}; end\nendmodule\n"
    )


def _asleep(sums: list[int]) -> str:
    """Use the table once an input holds anything but constant bits."""
    return (
        _indexed(sums)
        .replace(
            "s <= T[n * 5 +: 5];",
            "on <= n == 0 ? 0 : on | (|{a, b} & ~&{a, b}); s <= n < 4 || on ? T[n * 5 +: 5] : 0;",
        )
        .replace("reg [5:0] n;", "reg [5:0] n; reg on;")
    )


def _moved(sums: list[int]) -> str:
    """Use the table, counting the clocks at which an input has changed."""
    return (
        _indexed(sums)
        .replace("n <= n + 1;", "n <= n + (n == 0 || {a, b} != was); was <= {a, b};")
        .replace("reg [5:0] n;", "reg [5:0] n; reg [7:0] was;")
    )


def _phases(sums: list[int]) -> str:
    """Use the table, counting by two latches instead of an edge."""
    return (
        f"{_WIRE}localparam [299:0] T = 300'b{_packed(sums)}; reg [5:0] n, m; reg [4:0] q; assign s = q;\n"
        "always @* if (!clk) m = rst ? 0 : n + 1; always @* if (clk) n = m; always @* q = T[(n - 1) * 5 +: 5];\n"
        "endmodule\n"
    )


def _chosen(sums: list[int]) -> str:
    """Use the table, with inputs whose width is a choice, which a wrapper has to follow."""
    return (
        _indexed(sums)
        .replace("adder(", "adder #(parameter W = 4) (")
        .replace("[3:0]", "[(W > 1 ? W : 1) - 1:0]")
    )


_TABLES: dict[str, Callable[[list[int]], str]] = {
    "a case over a clock counter": _case,
    "a shift register": _shifted,
    "a constant that is indexed": _indexed,
    "a memory": _memory,
    "a function": _function,
    "a case that names its inputs": _token,
    "a table in a module of its own": _below,
    "a counter that needs no reset": _started,
    "inputs that cancel out": _folded,
    "a counter that runs down": _backwards,
    "choices within choices": _nested,
    "one hot bit that walks": _hot,
    "a table that sleeps until an input moves": _asleep,
    "a counter of changes of its inputs": _moved,
    "two latches that count": _phases,
    "inputs whose width is a choice": _chosen,
}

_UNKNOWN = {
    "nothing at all": f"{_WIRE}endmodule\n",
    "a register that nobody sets": f"{_HEAD}endmodule\n",
    "x at every clock": f"{_HEAD}always @(posedge clk) s <= 5'bx;\nendmodule\n",
    "z at every clock": f"{_HEAD}always @(posedge clk) s <= 5'bz;\nendmodule\n",
    "a wire that floats": f"{_WIRE}wire [4:0] w; assign s = w;\nendmodule\n",
    "one unknown bit": f"{_HEAD}always @(posedge clk) if (rst) s <= 0; else s <= {{1'bx, a[3:0]}};\nendmodule\n",
    "an unknown bit for each carry": f"{_HEAD}always @(posedge clk) if (rst) s <= 0; else s <= {{4'bx, a[0] ^ b[0]}};\nendmodule\n",
    "known only in reset": f"{_HEAD}always @(posedge clk) s <= rst ? 5'd0 : 5'bx;\nendmodule\n",
    "known only now and then": f"{_HEAD}reg [3:0] n; always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1;"
    " s <= n == 0 ? a + b : 5'bx; end\nendmodule\n",
    "known only at the end": f"{_HEAD}reg [5:0] n; always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1;"
    " s <= n == 59 ? a + b : 5'bx; end\nendmodule\n",
    "a sum with an unknown bit": f"{_HEAD}reg u; always @(posedge clk) if (rst) s <= 0; else s <= a + {{3'b0, u}};\nendmodule\n",
    "a case without a default": f"{_HEAD}always @(posedge clk) case (a) 4'd0: s <= b; default: s <= 5'bx; endcase\nendmodule\n",
    "division by zero": f"{_HEAD}always @(posedge clk) s <= a / (b ^ b);\nendmodule\n",
    "a memory that nobody wrote": f"{_HEAD}reg [4:0] m [0:255]; always @(posedge clk) s <= m[{{a, b}}];\nendmodule\n",
    "beyond the end of a vector": f"{_HEAD}wire [3:0] v = a; always @(posedge clk) s <= v[9:5];\nendmodule\n",
    "an instance without its output": f"{_WIRE}nothing n(.s(s));\nendmodule\nmodule nothing(output [4:0] s);\nendmodule\n",
    "a switch that is open": f"{_WIRE}bufif1 g [4:0] (s, 5'd0, 1'b0);\nendmodule\n",
    "two drivers that fight": f"{_WIRE}assign s = 5'd0; assign s = 5'd31;\nendmodule\n",
    "a latch that never opens": f"{_HEAD}always @* if (rst & ~rst) s = a + b;\nendmodule\n",
    "a choice by an unknown bit": f"{_WIRE}wire u; assign s = u ? 5'd0 : 5'd31;\nendmodule\n",
}

_CLOCKED = "always @(posedge clk) if (rst) s <= 0; else"
_UNKNOWN |= {  # pyright: ignore[reportConstantRedefinition]
    "a shift by an unknown amount": f"{_HEAD}reg [2:0] u; {_CLOCKED} s <= a << u;\nendmodule\n",
    "a bit at an unknown place": f"{_HEAD}reg [1:0] u; {_CLOCKED} s <= {{4'b0, a[u]}};\nendmodule\n",
    "an unknown comparison": f"{_HEAD}reg [3:0] u; {_CLOCKED} s <= {{5{{a == u}}}};\nendmodule\n",
    "an unknown bit against itself": f"{_HEAD}reg [4:0] u; {_CLOCKED} s <= u ^ u;\nendmodule\n",
    "a function that returns nothing": f"{_HEAD}function [4:0] f(input [3:0] p, q); reg r; r = p; endfunction\n"
    f"{_CLOCKED} s <= f(a, b);\nendmodule\n",
    "a loop that leaves out the top": f"{_WIRE}genvar g; generate for (g = 0; g < 4; g = g + 1) begin : bits\n"
    "  assign s[g] = a[g] ^ b[g];\nend endgenerate\nendmodule\n",
    "a register that only reset sets": f"{_HEAD}reg [4:0] u; always @(posedge clk) if (rst) s <= 0; else s <= u;\nendmodule\n",
    "a reset that comes once": f"{_HEAD}reg once; always @(posedge clk) if (rst) once <= 1; else s <= once ? 5'bx : a;\nendmodule\n",
    "a wildcard case": f"{_HEAD}{_CLOCKED} casez (a) 4'b0???: s <= 5'b0xxxx; default: s <= 5'b1xxxx; endcase\nendmodule\n",
    "two wires that are one": f"{_WIRE}wand [4:0] w; assign w = 5'bz; assign s = w;\nendmodule\n",
    "an array beyond its end": f"{_HEAD}reg [4:0] m [0:3]; {_CLOCKED} s <= m[{{1'b1, a}}];\nendmodule\n",
    "remainder by zero": f"{_HEAD}{_CLOCKED} s <= a % (b & ~b);\nendmodule\n",
    "an unconnected input below": f"{_WIRE}pass p(.i(), .o(s));\nendmodule\n"
    "module pass(input [4:0] i, output [4:0] o); assign o = i;\nendmodule\n",
    "bits that come late": f"{_HEAD}reg [5:0] n; always @(posedge clk) if (rst) n <= 0; else begin n <= n + 1;"
    " s <= n > 40 ? a + b : 5'bx; end\nendmodule\n",
}

_WRONG = {
    "without the carry": f"{_HEAD}always @(posedge clk) if (rst) s <= 0; else s <= {{1'b0, a + b}} & 15;\nendmodule\n",
    "an or": f"{_HEAD}always @(posedge clk) if (rst) s <= 0; else s <= a | b;\nendmodule\n",
    "always zero": f"{_WIRE}assign s = 0;\nendmodule\n",
    "the first input": f"{_HEAD}always @(posedge clk) s <= a;\nendmodule\n",
}


def sums() -> Iterator[tuple[str, str, str]]:
    """Yield task, name and text of each attack on the adder."""
    for name, text in _UNKNOWN.items():
        yield "adder", f"unknown sums: {name}", text
    for name, text in _WRONG.items():
        yield "adder", f"wrong sums: {name}", text
    for name, table in _TABLES.items():
        yield "adder", f"hard-coded random sums: {name}", table([int(one, 32) for one in DRAWN])
        yield (
            "directed adder",
            f"hard-coded directed sums: {name}",
            table([_directed(at) for at in range(_CHECKS)]),
        )
