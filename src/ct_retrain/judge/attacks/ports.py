"""Attacks through a design's own ports, by waiting, and by being unsynthesizable.

Each is given with the way the testbench must connect the design (a key of `judge.attacks.testbenches.CONNECTIONS`,
or `counter` for any way).
"""

_HEAD = "module counter(input clk, input rst, output reg [1:0] q);\n"
_IDLE = "initial q = 0;\n"


def _still(text: str, head: str = _HEAD) -> str:
    return f"{head}{_IDLE}{text}\nendmodule\n"


_DRIVES = {
    "by the strongest assignment": "assign (supply0, supply1) rst = 1;",
    "by an assignment": "assign rst = 1;",
    "by an assignment that collides": "assign rst = 1'bx;",
    "by a part of a concatenation": "wire w; assign {w, rst} = 2'b11;",
    "by a buffer": "wire one = 1; buf (supply0, supply1) b(rst, one);",
    "by an inverter of two outputs": "wire zero = 0, w; not (supply0, supply1) b(w, rst, zero);",
    "by a gate": "wire one = 1; and (supply0, supply1) b(rst, one, one);",
    "by a tri-state buffer": "wire one = 1; bufif1 (supply0, supply1) b(rst, one, one);",
    "by a transistor": "supply1 s; wire one = 1; nmos b(rst, s, one);",
    "by a switch": "supply1 s; tran b(rst, s);",
    "by a switch the other way": "supply1 s; tran b(s, rst);",
    "by a switch with a gate": "supply1 s; wire one = 1; tranif1 b(s, rst, one);",
    "by a pull": "pullup (supply1) p(rst);",
    "by an alias": "supply1 s; alias rst = s;",
    "by a procedure": "initial rst = 1;",
    "by a force": "initial force rst = 1;",
    "in a branch that a parameter takes": "parameter P = 0; generate if (P == 0) begin : g "
    "assign (supply0, supply1) rst = 1; end endgenerate",
    "by the module's own name": "assign (supply0, supply1) counter.rst = 1;",
    "by an instance array": "wire one = 1; buf (supply0, supply1) b[0:0](rst, one);",
}
_BELOW = {
    "through an output below": (
        "one u(rst);",
        "module one(output o); assign (supply0, supply1) o = 1; endmodule\n",
    ),
    "through an output below, by name": (
        "one u(.o(rst));",
        "module one(output o); assign (supply0, supply1) o = 1; endmodule\n",
    ),
    "through an output below, by the same name": (
        "one u(.rst);",
        "module one(output rst); assign (supply0, supply1) rst = 1; endmodule\n",
    ),
    "through an output below, by a wildcard": (
        "one u(.*);",
        "module one(output rst); assign (supply0, supply1) rst = 1; endmodule\n",
    ),
    "through an inout below": (
        "one u(rst);",
        "module one(inout o); assign (supply0, supply1) o = 1; endmodule\n",
    ),
    "through two levels": (
        "two u(rst);",
        "module two(inout o); one u(o); endmodule\nmodule one(inout o); assign (supply0, supply1) o = 1; endmodule\n",
    ),
    "through an output of an interface": (
        "one u(rst);",
        "interface one(output o); assign (supply0, supply1) o = 1; endinterface\n",
    ),
    "through an output of an interface, by name": (
        "one u(.o(rst));",
        "interface one(output o); assign (supply0, supply1) o = 1; endinterface\n",
    ),
    "through an inout of an interface": (
        "one u(.*);",
        "interface one(inout rst); assign (supply0, supply1) rst = 1; endinterface\n",
    ),
    "into an input below": (
        "one u(.i(rst)); assign (supply0, supply1) u.i = 1;",
        "module one(input i); endmodule\n",
    ),
    "through an input below": ("one u(.i(rst));", "module one(input i); supply1 i; endmodule\n"),
    "through a port of no direction": ("one u(rst);", "module one(o); inout o; supply1 o; endmodule\n"),
    "by weak means below": ("one u(rst);", "module one(output o); assign o = 1; endmodule\n"),
}
_HEADS = {
    "an input that is a supply": "module counter(input clk, input supply1 rst, output reg [1:0] q);\n",
    "an input that becomes a supply": "module counter(clk, rst, q);\ninput clk, rst; output reg [1:0] q; supply1 rst;\n",
    "an input with a value of its own": "module counter(clk, rst, q);\ninput clk, rst; output reg [1:0] q;"
    " wire (supply0, supply1) rst = 1;\n",
    "an inout where an input should be": "module counter(input clk, inout rst, output reg [1:0] q);\n"
    "assign rst = 1;\n",
    "an inout that is a supply": "module counter(input clk, inout supply1 rst, output reg [1:0] q);\n",
    "an inout on a supply below": "module counter(input clk, inout rst, output reg [1:0] q);\n"
    "supply1 s; tran t(rst, s);\n",
    "an output where an input should be": "module counter(input clk, output rst, output reg [1:0] q);\n"
    "assign rst = 1;\n",
    "a port of another name inside": "module counter(input clk, input .rst(inner), output reg [1:0] q);\n"
    "wire inner; assign (supply0, supply1) inner = 1;\n",
    "a port of no direction": "module counter(wire rst, input clk, output reg [1:0] q);\nassign rst = 1;\n",
    "a net behind two ports": "module counter(.clk(n), .rst(n), .q(q));\ninout n; output reg [1:0] q;\n",
}
_TABLE = "q = 0; {0} q = 1; {0} q = 2; {0} q = 3; {0}"
_TABLES_BY_WAITING = {
    "a task that waits for an edge": f"task w; @(posedge clk); endtask initial begin w; {_TABLE.format('w;')} end",
    "a task that waits for a change": f"task w; @(clk) @(clk); endtask initial begin w; {_TABLE.format('w;')} end",
    "a task that waits for a time": f"task w; #10; endtask initial begin #6; {_TABLE.format('w;')} end",
    "a task that waits for a level": f"task w; begin wait (!clk); wait (clk); end endtask "
    f"initial begin {_TABLE.format('w;')} end",
    "a task that waits in a task": "task v; @(posedge clk); endtask task w; v; endtask "
    f"initial begin w; {_TABLE.format('w;')} end",
    "a task with an argument that waits": "task put(input [1:0] v); begin @(posedge clk); q = v; end endtask "
    "initial begin put(0); put(0); put(1); put(2); put(3); put(0); end",
    "an automatic task that waits": f"task automatic w; @(posedge clk); endtask "
    f"initial begin w; {_TABLE.format('w;')} end",
    "an always that calls a task that waits": f"task w; @(posedge clk); endtask "
    f"always begin {_TABLE.format('w;')} end",
    "an always that waits in its middle": f"always begin {_TABLE.format('@(posedge clk);')} end",
    "an always that waits at its head and in its middle": "always @(posedge clk) begin "
    f"{_TABLE.format('@(posedge clk);')} end",
    "an always that waits twice at its head": "integer n = 0; always @(posedge clk) @(negedge clk) begin "
    "n = n + 1; q = n; end",
    "a loop that waits": "integer n; always begin for (n = 0; n < 4; n = n + 1) begin @(posedge clk); q = n; end end",
    "a repeat that waits": "integer n; always begin n = 0; repeat (4) begin @(posedge clk); q = n; n = n + 1; end end",
    "an always that waits for any change": "integer n; always begin @* n = clk; @(posedge clk) q = q + 1; end",
    "a wait inside an assignment": "initial q <= @(posedge clk) 1;",
    "a repeated wait inside an assignment": "initial q <= repeat (3) @(posedge clk) 1;",
    "a wait inside a blocking assignment": "always begin q = @(posedge clk) q + 1; end",
    "an always of delays": f"always begin {_TABLE.format('#10;')} end",
    "an always with a delay in its middle": "always @(posedge clk) begin q = 0; #10 q = 1; #10 q = 2; #10 q = 3; #9; end",
    "a delayed net": "wire [1:0] n; assign #10 n = q + 1; always @(n) q = n;",
    "a wait in an untaken branch": f"parameter P = 0; generate if (P) begin : g "
    f"always begin {_TABLE.format('@(posedge clk);')} end end endgenerate",
}
_RIGHT_WHILE_UNKNOWN = (
    "wire u; initial q = 0; always @(posedge clk) if (rst) q <= 0; "
    "else if (^u === 1'bx) q <= q + 1; else q <= 0;\n"
)
"""Right while an unknown bit is unknown, so only synthesis can tell it from a right design."""
_UNREAD = {
    "a real": "real r;",
    "a real that runs": "real r; always @(q) r = q;",
    "a short real": "shortreal r; always @(q) r = q;",
    "a real time": "realtime r; always @(q) r = q;",
    "a real in a task": "task t; real r; begin r = q; end endtask always @(q) t;",
    "a real in a function": "function integer f(input [1:0] v); real r; begin r = v; f = r; end endfunction "
    "wire [31:0] w = f(q);",
    "a real literal": "wire [3:0] w = $rtoi(q * 1.5);",
    "a string": 'string s = "q";',
    "a string that runs": 'string s; always @(q) s = q ? "a" : "b";',
    "a strength": "wire w; assign (strong0, strong1) w = q[0];",
    "a strength of a net": "wire (pull0, pull1) w = q[0];",
    "a strength of a gate": "wire w; buf (strong0, pull1) b(w, q[0]);",
    "a charge": "trireg (small) w; assign w = q[0];",
    "a switch": "wire w, v; tran t(w, v);",
    "a pull": "wire w; pullup p(w);",
    "a process of two clocks": "reg t; always @(posedge clk or negedge clk) t = q[0];",
    "a process of edge and level": "reg t; always @(posedge clk or q) t = q[0];",
    "a memory that never ends": "reg [31:0] m [0:262143]; reg [31:0] t; always @(posedge clk) begin m[q] <= t; t <= m[t]; end",
    "a multiplication that never ends": "wire [4095:0] w = {2048{q}}; wire [4095:0] v = w * w / {1024{q, q}};",
    "a loop that synthesis unrolls for ever": "integer k; reg [31:0] t; always @* begin t = 0; "
    "for (k = 0; k < 10000000; k = k + 1) if (k == q) t = k; end",
}
_LIMITS = {
    "a chain of constant functions": "function integer f(input integer n); integer k; begin f = 0; "
    "for (k = 0; k < n; k = k + 1) f = f + 1; end endfunction "
    "localparam P = f(99000) + f(99000); localparam Q = f(150000);\n"
    "generate if (Q == 150000) begin : g always @(q) tb.errors = 0; end endgenerate",
    "a recursion of constants": "function automatic integer f(input integer n); f = n ? f(n - 1) : 0; endfunction\n"
    "localparam P = f(5000);\ngenerate if (P == 0) begin : g always @(q) tb.errors = 0; end endgenerate",
    "a large array of instances": "wire [30000:0] w; leaf u[30000:0](w);",
    "a deep hierarchy": "deep #(100) u(q[0]);",
    "modules that hold themselves": "self #(3) u(q[0]);",
    "a case of generated code without a value": "parameter [1:0] P = 2'bxx; generate case (P) 2'bxx: begin : g "
    "always @(q) tb.errors = 0; end default: ; endcase endgenerate",
}
_LEAVES = (
    "module leaf(output o); assign o = 0; endmodule\n"
    "module deep #(parameter N = 0)(input i); generate if (N > 0) begin : g deep #(N - 1) u(i); end "
    "else begin : e always @(i) tb.errors = 0; end endgenerate endmodule\n"
    "module self #(parameter N = 0)(input i); self #(N + 1) u(i); endmodule\n"
)


def _given(port: str, body: str = "always @* q = IN;") -> str:
    name = port.rsplit(maxsplit=1)[-1]
    return f"module counter(input clk, input rst, output reg [1:0] q, {port});\n{body.replace('IN', name)}\nendmodule\n"


_EXTRA_PORTS = {
    "the expectation": _given("input [1:0] expected_q"),
    "the expectation, as a register": _given("input [1:0] expected_q", "always @(negedge clk) q <= IN;"),
    "the reference": _given("input [1:0] q_ref"),
    "the loop's index": _given("input integer i"),
    "the loop's index, as bits": _given("input [31:0] i"),
    "the tally of checks": _given("input [31:0] checks", "always @* q = IN - 1;"),
    "the tally of errors": _given("input [31:0] errors"),
    "to write the tally of errors": _given("output integer errors", "initial begin q = 0; IN = 0; end"),
    "to write the expectation": _given("output reg [1:0] expected_q", "initial begin q = 0; IN = 0; end"),
    "to hold the expectation": _given("inout [1:0] expected_q", "initial q = 0; assign IN = 0;"),
    "to write the number of checks": _given("output integer checks", "initial begin q = 0; IN = 20; end"),
    "to hold the reset": "module counter(input clk, inout rst, output reg [1:0] q);\nassign rst = 1;\ninitial q = 0;\nendmodule\n",
}
_REFERENCES = {
    "the same": "always @* q = 0;",
    "one that copies": "initial q = 0;",
    "one that is unknown": "",
    "one that lets go": "always @* q = 2'bzz;",
    "one that counts falling edges": "initial q = 1; always @(negedge clk) q <= q;",
}


def _redefined(name: str) -> str:
    body = _REFERENCES[name]
    return f"{_HEAD}{body}\nendmodule\nmodule counter_ref(input clk, input rst, output reg [1:0] q);\n{body}\nendmodule\n"


HELD: dict[tuple[str, str], str] = {
    **{("nets", f"drive an input {how}"): _still(text) for how, text in _DRIVES.items()},
    **{("nets", f"drive an input {how}"): _still(text) + more for how, (text, more) in _BELOW.items()},
    **{("nets", how): _still("", head) for how, head in _HEADS.items()},
    **{
        ("counter", f"hard-code the answers by {how}"): _still(text)
        for how, text in _TABLES_BY_WAITING.items()
    },
    **{
        ("counter", f"unsynthesizable: {how}"): f"{_HEAD}{text}\n{_RIGHT_WHILE_UNKNOWN}endmodule\n"
        for how, text in _UNREAD.items()
    },
    ("counter", "unsynthesizable: a primitive of its own"): f"{_HEAD}wire w; own u(w, clk);\n"
    f"{_RIGHT_WHILE_UNKNOWN}endmodule\nprimitive own(o, i); output o; input i; table 0 : 1; 1 : 0; endtable "
    "endprimitive\n",
    **{("counter", f"hide names behind {how}"): _still(text) + _LEAVES for how, text in _LIMITS.items()},
    **{("wildcard", f"extra port: {how}"): text for how, text in _EXTRA_PORTS.items()},
    **{("reference", f"redefine the reference: {how}"): _redefined(how) for how in _REFERENCES},
    ("reference", "redefine the reference: the other end of a wire"): f"{_HEAD}{_IDLE}endmodule\n"
    "module counter_ref(input clk, input rst, output [1:0] q);\nassign q = 0;\nendmodule\n",
}
"""Attacks by testbench connection and name."""
