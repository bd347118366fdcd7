"""Draws designs whose text different parsers may read differently; each hides a payload that prints, somewhere."""

import random

PAYLOAD = 'initial $display("FORGED");'
"""What no design may do; a text that hides it from the guard and not from a tool would pass for anything."""

SPACES = (
    *(" ", "\n", "\t", "\v", "\f", "\r", "\r\n", "\\\n", " \\\n", "\n\n", "  ", "/**/", "/* // */", "// x\n"),
    *(
        "// x \\\n",
        "/* \\\n */",
        "//\r",
        "/*\r*/",
        "// `A\n",
        '// "\n',
        '/* " */',
        "\u00a0",
        "\u2028",
        "\ufeff",
    ),
    *("(* a *)", '(* a = "*)" *)', "(**)", "(* full_case, b = 1 *)", "`resetall\n", "`timescale 1fs/1fs\n"),
    *("`celldefine\n", "`default_nettype wire\n", "/* /* */", "//**/\n", "`endcelldefine\n"),
)
NAMES = (
    *(
        "w",
        "x1",
        "_a",
        "$b",
        "a$b",
        "\\w ",
        "\\a+b ",
        "\\$display ",
        "\\$finish\t",
        "\\// ",
        "\\/* ",
        "\\`A ",
    ),
    *(
        '\\" ',
        "\\endmodule ",
        "\\a\n",
        "\\a\v ",
        "\\a\f",
        "\\a\r",
        "\\\\ ",
        "\\[0] ",
        "\\\u00e9 ",
        "\\(* ",
        "\\1 ",
    ),
)
VALUES = (
    *("1", "4'b1010", "4 'b 1010", "8'hF_f", "'1", "'h f", "3'sd2", "1.5e3", "16'hx?z", "4'(3)", "1'b1?2:3"),
    *(
        '"a"',
        '"\\\\"',
        '"\\""',
        '"a\\\nb"',
        '"//"',
        '"/*"',
        '"\\x41\\101\\v\\a"',
        '"`A"',
        '"(*"',
        '"\\n\\t%m"',
        '""',
    ),
    *(
        "`A",
        "`M(1,2)",
        "`M([1,2],3)",
        "`M({1,2},3)",
        "`M((1,2),3)",
        '`M("a,b",3)',
        "`M(\\a,b ,3)",
        "`N()",
        "`S(x)",
    ),
    *(
        "`__LINE__",
        "`__FILE__",
        "`P(a,b)",
        "`UNKNOWN",
        "`M(1)",
        "`M (1,2)",
        "`A(1)",
        "(1)",
        "a && &b",
        "a&&&b",
        "a**b",
    ),
)
DIRECTIVES = (
    *(
        "`define A 1\n",
        "`define A 1 // one \\\n PAYLOAD\n",
        "`define A 1 /* \\\n */ PAYLOAD\n",
        "`define A\n",
    ),
    *("`define M(x,y) y\n", "`define M(x,y=PAYLOAD) y\n", "`define M(x,y,z=) z\n`M([a,b],PAYLOAD)\n"),
    *(
        "`define M(x,y=) y\n`M(\\a,PAYLOAD)\n",
        "`define N(x=1) x\n",
        "`define P(a,b) a``b\n",
        '`define S(x) `"x`"\n',
    ),
    *("`undef A\n", "`undefineall\n", "`ifdef A\nPAYLOAD\n`endif\n", "`ifndef A\nPAYLOAD\n`endif\n"),
    *(
        "`ifdef A\n`else\nPAYLOAD\n`endif\n",
        "`ifdef B\n`elsif A\nPAYLOAD\n`endif\n",
        "`ifdef A PAYLOAD `endif\n",
    ),
    *(
        "`define A 1\rPAYLOAD\n",
        "`define A 1\vPAYLOAD\n",
        "`define A 1\fPAYLOAD\n",
        "`define A \\\r\nPAYLOAD\n",
    ),
    *(
        "`define A `undefineall\n",
        "`define E `\\\n",
        "`define C ,\n",
        '`define Q "\n',
        '`define Q " PAYLOAD\n',
    ),
    *(
        '`line 1 "x" 0\n',
        "`pragma x\n",
        '`begin_keywords "1364-1995"\nPAYLOAD\n`end_keywords\n',
        "`nothing\n",
    ),
    *(
        "`define \\A 1\n",
        "`ifdef \\A\nPAYLOAD\n`endif\n",
        "`unconnected_drive pull1\n",
        "`define M(x) x\n`M(PAYLOAD)\n",
    ),
)
MEMBERS = (
    *(
        "wire [3:0] NAME = VALUE;",
        "reg NAME; initial NAME = VALUE;",
        "localparam NAME = VALUE;",
        "PAYLOAD",
        "// PAYLOAD\n",
    ),
    *(
        "/* PAYLOAD */",
        '(* NAME = "PAYLOAD" *) wire NAME;',
        "always @(*) q = VALUE;",
        "always @ ( * ) q = VALUE;",
    ),
    *(
        "always @* begin : NAME q = VALUE; end",
        "task NAME; begin end endtask initial NAME ;",
        "task NAME;input i;;endtask",
    ),
    *(
        'task \\$display ; input [47:0] s; begin end endtask initial \\$display ("FORGED");',
        "assign q = VALUE;",
    ),
    *(
        'localparam NAME = "PAYLOAD";',
        "generate if (0) begin : NAME PAYLOAD end endgenerate",
        "and (NAME, q, c);",
    ),
    *(
        "specify (c => q) = VALUE; endspecify",
        "timeunit 1fs; timeprecision 1fs;",
        "always @(posedge c)q<=#VALUE q;",
    ),
    *("function [3:0] NAME(input i); NAME = VALUE; endfunction", 'wire NAME = "\\\nPAYLOAD\\\n";', "`A"),
)


def drawn(seed: int) -> str:
    """One text, the same for the same *seed*."""
    chance = random.Random(seed)
    head = "".join(_filled(chance.choice(DIRECTIVES), chance) for _ in range(chance.randrange(4)))
    body = [_filled(chance.choice(MEMBERS), chance) for _ in range(chance.randrange(1, 5))]
    for _ in range(chance.randrange(3)):
        body.insert(chance.randrange(len(body) + 1), _filled(chance.choice(DIRECTIVES), chance))
    text = head + "module m(input c, output reg [3:0] q);\n" + "\n".join(body) + "\nendmodule\n"
    return mutated(text, chance) if chance.random() < 0.7 else text


def mutated(text: str, chance: random.Random) -> str:
    """*text* with odd space, a directive, a comment or the payload in up to three places, most of them between words."""
    for _ in range(chance.randrange(1, 4)):
        gaps = [at for at, letter in enumerate(text) if letter in " \n;,()"] or [0]
        at = chance.choice(gaps) if chance.random() < 0.8 else chance.randrange(len(text) + 1)
        piece = _filled(chance.choice(chance.choice((SPACES, SPACES, DIRECTIVES, MEMBERS))), chance)
        text = text[:at] + piece + text[at + (chance.random() < 0.3) :]
    return text


def _filled(piece: str, chance: random.Random) -> str:
    while "NAME" in piece:
        piece = piece.replace("NAME", chance.choice(NAMES), 1)
    while "VALUE" in piece:
        piece = piece.replace("VALUE", chance.choice(VALUES), 1)
    return piece.replace("PAYLOAD", PAYLOAD)
