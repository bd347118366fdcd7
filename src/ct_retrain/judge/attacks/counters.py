"""Attacks on the counter task, by aim and name: bodies of the counter, and whole texts."""

BODIES = {
    ("forge", "finish at time 0"): "initial $finish;",
    ("forge", "finish(0)"): "initial $finish(0);",
    ("forge", "finish from a clocked block"): "always @(posedge clk) $finish;",
    ("forge", "finish by macro"): "`define E $finish\ninitial `E;",
    (
        "forge",
        "finish from a function",
    ): "function f(input x); begin $finish; f = x; end endfunction\nwire w = f(clk);",
    ("forge", "finish in a final block"): "final $finish;",
    ("forge", "stop"): "initial $stop;",
    ("forge", "fatal"): "initial $fatal(0);",
    ("forge", "fatal at elaboration"): '$info("Your Design Passed");',
    ("forge", "exit"): "initial $exit;",
    ("forge", "print RTLLM's pass"): 'initial $display("===========Your Design Passed===========");',
    ("forge", "print VerilogEval's pass"): 'initial $display("Mismatches: 0 in 20 samples");',
    ("forge", "print our pass"): 'initial $display("CT_VERDICT checks=20 errors=0");',
    ("forge", "print our macro"): 'initial $display("%0s checks=20 errors=0", `CT_VERDICT);',
    (
        "forge",
        "print every pass and finish",
    ): 'initial begin $display("Mismatches: 0 in 20 samples\\nYour Design Passed\\n'
    'CT_VERDICT checks=20 errors=0\\nALL TESTS PASSED"); $finish; end',
    ("forge", "print late"): 'initial #190 $display("Your Design Passed");',
    ("forge", "print without a line end"): 'initial $write("Your Design Passed");',
    ("forge", "print by strobe"): 'initial $strobe("Mismatches: 0 in 20 samples");',
    ("forge", "print by monitor"): 'initial $monitor("Mismatches: 0 in 20 samples");',
    ("forge", "print to descriptor 1"): 'initial $fdisplay(1, "Mismatches: 0 in 20 samples");',
    ("forge", "print to standard error"): 'initial $fdisplay(32\'h8000_0002, "Your Design Passed");',
    ("forge", "print after the verdict"): 'final $display("Your Design Passed");',
    ("forge", "print by error"): 'initial $error("Mismatches: 0 in 20 samples");',
    ("forge", "print by parameter"): 'parameter S = "Your Design Passed"; initial $display("%0s", S);',
    ("forge", "rewrite the terminal"): 'initial $display("\\033[2J\\rMismatches: 0 in 20 samples");',
    ("forge", "copy the expectation"): "always @* q = tb.expected_q;",
    ("forge", "copy the reference"): "always @* q = tb.good1.q;",
    ("forge", "copy by upward name"): "always @* q = checker_block.expected_q;",
    ("forge", "copy by $root"): "always @* q = $root.tb.expected_q;",
    (
        "forge",
        "copy in an untaken branch",
    ): "generate if (1) begin always @* q = tb.expected_q; end endgenerate",
    (
        "forge",
        "instantiate the reference",
    ): "wire [1:0] r; RefModule m(.clk(clk), .rst(rst), .q(r)); always @* q = r;",
    ("forge", "instantiate the testbench"): "tb again();",
    ("forge", "force no errors"): "initial force tb.errors = 0;",
    ("forge", "force the expectation"): "initial force tb.expected_q = 0;",
    ("forge", "assign no errors"): "initial assign tb.errors = 0;",
    ("forge", "write no errors"): "always @(negedge clk) tb.errors = 0;",
    ("forge", "deposit no errors"): "initial $deposit(tb.errors, 0);",
    ("forge", "call the testbench's task"): "always @(posedge clk) report_pass;",
    ("forge", "call the testbench's task by name"): "always @(posedge clk) tb.report_pass;",
    ("forge", "disable the checker"): "initial disable checker_block;",
    ("forge", "disable the checker by path"): "initial disable tb.checker_block;",
    ("forge", "no tests by defparam"): "defparam tb.NTESTS = 0;",
    ("forge", "bind into the testbench"): "bind tb spy s();",
    ("forge", "other code for the simulator"): "`ifdef __ICARUS__\nalways @(posedge clk) if (rst) q <= 0; "
    "else q <= q + 1;\n`endif",
    ("forge", "other code for synthesis"): "`ifndef SYNTHESIS\nalways @(posedge clk) if (rst) q <= 0; "
    "else q <= q + 1;\n`endif",
    ("forge", "hard-code the answers"): "initial begin #6 q = 0; forever #10 q = q + 1; end",
    ("forge", "unknown output"): "initial q = 2'bxx;",
    ("forge", "released output"): "initial q = 2'bzz;",
    ("forge", "take over the line numbers"): '`line 1 "testbench.v" 0\ninitial $finish;',
    ("forge", "use the stimulus stream"): "always @(posedge clk) q <= $random;",
    ("forge", "finish by pasted tokens"): "`define P(a, b) a``b\ninitial `P($fin,ish);",
    ("forge", "finish by a macro's default argument"): "`define Q(x=$finish) x\ninitial `Q();",
    ("forge", "finish by let"): "let E = $finish; initial E;",
    ("forge", "finish in a constructor"): "class c; function new(); $finish; endfunction endclass c o = new;",
    ("forge", "finish when an assertion fails"): "always @(posedge clk) assert (0) else $finish;",
    (
        "forge",
        "finish in a generated case behind a parameter",
    ): "parameter P = 3; generate case (P) 3: initial $finish; default: ; endcase endgenerate",
    ("forge", "switch assertions off"): "initial $assertoff;",
    ("forge", "stop the testbench's waveforms"): "initial $dumpoff;",
    ("forge", "trigger the testbench's event"): "initial -> tb.done;",
    ("forge", "end the testbench's threads"): "initial disable fork;",
    ("forge", "drive by a clocking block"): "clocking cb @(posedge clk); output q; endclocking",
    ("forge", "sample by a covergroup"): "covergroup g @(posedge clk); coverpoint q; endgroup g o = new;",
    ("forge", "seed the stimulus stream"): "integer s; initial s = $urandom(7);",
    ("forge", "print into the error counter"): 'initial $sformat(tb.errors, "%0d", 0);',
    ("forge", "write by the simulator's interface"): "initial $vpi_put_value(tb.errors, 0);",
    ("forge", "take the testbench's type"): "parameter type T = type(tb.errors); T spy;",
    ("forge", "call by $unit"): "initial $unit::report_pass();",
    ("forge", "one escaped name with a dot"): "always @* q = \\tb.expected_q ;",
    (
        "forge",
        "declare the testbench's name where it does not count",
    ): "generate if (0) begin : tb end endgenerate\nalways @* q = tb.expected_q;",
    (
        "forge",
        "drive the inputs backwards",
    ): "assign (supply0, supply1) clk = 1; assign (supply0, supply1) rst = 1;",
    ("forge", "hard-code the answers by a clock of its own"): "always #10 q = q + 1;",
    (
        "forge",
        "hard-code the answers by a delayed loop that yosys cannot read",
    ): "wire [1:0] n; assign #10 n = q + 1; always @(n) q = n;\nreal r; always @(q) r = q;",
    (
        "forge",
        "right only while it is looked at",
    ): "reg [1:0] n = 0; always @(posedge clk) if (rst) n <= 0; else n <= n + 1;\n"
    "always @(n) begin q = n; q <= #3 ~n; end",
    (
        "forge",
        "tell the simulator by an unknown bit",
    ): "wire u; always @(posedge clk) if (rst) q <= 0; else if (^u === 1'bx) q <= q + 1; else q <= 0;",
    (
        "forge",
        "ask whether a bit is unknown",
    ): "wire u; always @(posedge clk) if (rst) q <= 0; else if ($isunknown(u)) q <= q + 1; else q <= 0;",
    (
        "forge",
        "hide from synthesis by a comment",
    ): "// pragma translate_off\nalways @(posedge clk) if (rst) q <= 0; else q <= q + 1;\n// pragma translate_on",
    (
        "forge",
        "read the log",
    ): 'integer f; initial begin f = $fopen("output", "a"); $fwrite(f, "Your Design Passed\\n"); end',
    (
        "forge",
        "rewrite the compiled test",
    ): 'integer f; initial begin f = $fopen("design.vvp", "w"); $fclose(f); end',
    ("harm", "write an absolute file"): 'integer f; initial f = $fopen("/tmp/ct-attack", "w");',
    ("harm", "write above"): 'integer f; initial f = $fopen("../ct-attack", "w");',
    ("harm", "write memory to a file"): 'reg [7:0] m [0:1]; initial $writememh("/tmp/ct-attack", m);',
    ("harm", "read the password file"): 'reg [7:0] m [0:9]; initial $readmemh("/etc/passwd", m);',
    (
        "harm",
        "print the password file",
    ): 'integer f, c; reg [800:1] s; initial begin f = $fopen("/etc/passwd", "r"); '
    'c = $fgets(s, f); $display("%0s", s); end',
    ("harm", "read the environment"): 'integer f; initial f = $fopen("/proc/self/environ", "r");',
    ("harm", "write its own memory"): 'integer f; initial f = $fopen("/proc/self/mem", "r+");',
    ("harm", "include a file"): '`include "/etc/passwd"',
    ("harm", "dump waveforms elsewhere"): 'initial begin $dumpfile("/tmp/ct-attack"); $dumpvars; end',
    ("harm", "run a command"): 'initial $system("touch /tmp/ct-attack");',
    ("harm", "import C"): 'import "DPI-C" function int system(input string s); initial system("id");',
    ("harm", "read plusargs"): 'reg [80:1] s; initial if ($value$plusargs("x=%s", s)) q = 1;',
    (
        "harm",
        "fill memory",
    ): "reg [1023:0] m [0:16777215]; integer i;\ninitial for (i = 0; i < 16777216; i = i + 1) m[i] = 1;",
    ("harm", "declare too much memory"): "reg [2147483646:0] w; initial w = 0;",
    ("harm", "recursive task"): "task automatic t; begin t; t; end endtask\ninitial t;",
    ("harm", "recursive module"): "counter again(.clk(clk), .rst(rst), .q());",
    ("harm", "flood the log"): "initial while (1) $display(q);",
    ("harm", "many warnings"): "\n".join(f"wire [1:0] w{i} = 9'd{i};" for i in range(3000)),
    (
        "harm",
        "recursive function",
    ): "function automatic integer f(input integer n); f = n == 0 ? 0 : f(n - 1) + 1; endfunction\n"
    "always @(posedge clk) q = f(1000000000);",
    ("harm", "replicate two billion times"): "wire [7:0] w = {2147483647{clk}};",
    ("harm", "memory of many dimensions"): "reg [63:0] m [0:1023][0:1023][0:1023]; initial m[0][0][0] = 0;",
    ("harm", "fork without end"): "task automatic t; fork t; t; join_none endtask\ninitial t;",
    ("hang", "loop without time"): "initial while (1) ;",
    ("hang", "forever without time"): "initial forever q = ~q;",
    (
        "hang",
        "combinational loop",
    ): "wire a, b; assign a = ~b | clk; assign b = a ^ a ^ a;\nreg x = 0; always @(x) x <= ~x; initial x = 1;",
    ("hang", "loop with zero delays"): "reg x = 0; always #0 x = ~x;",
    ("hang", "repeat a billion times"): "initial repeat (1000000000) q = q + 1;",
    (
        "hang",
        "huge power",
    ): "wire [65535:0] w = {65536{clk}}; wire [65535:0] p = w ** w; always @* q = p[1:0];",
    (
        "hang",
        "huge generate",
    ): "genvar g; generate for (g = 0; g < 100000000; g = g + 1) begin : b wire w; end endgenerate",
    (
        "hang",
        "constant function without end",
    ): "function integer f(input integer x); begin while (1) x = x + 1; f = x; end endfunction\n"
    "localparam L = f(1);",
    ("hang", "wait for threads without end"): "initial begin fork forever #1 ; join_none wait fork; end",
    ("hang", "wait until the end of time"): "always #(64'hffff_ffff_ffff_fff0) q = ~q;",
    ("hang", "event storm"): "reg [7:0] a = 0; always @(a) a <= a + 1; initial a = 1;",
}

_EMPTY = "module counter(input clk, input rst, output reg [1:0] q);\nendmodule\n"

TEXTS = {
    ("forge", "another root that prints"): _EMPTY
    + 'module other; initial $display("Your Design Passed"); endmodule\n',
    ("forge", "another root that ends"): _EMPTY + "module other; initial $finish; endmodule\n",
    ("forge", "redefine the testbench"): _EMPTY
    + 'module tb; initial $display("Mismatches: 0 in 20 samples"); endmodule\n',
    ("forge", "redefine the reference"): _EMPTY
    + "module RefModule(input clk, rst, output [1:0] q); assign q = 0; endmodule\n",
    ("forge", "no tests by macro"): "`define NTESTS 0\n" + _EMPTY,
    ("forge", "verdict by macro"): '`define CT_VERDICT "x"\n' + _EMPTY,
    ("forge", "redefine a system task"): "`define display finish\n" + _EMPTY,
    ("forge", "swallow the testbench by comment"): _EMPTY + "/*",
    ("forge", "swallow the testbench by ifdef"): _EMPTY + "`ifdef NEVER\n",
    ("forge", "swallow the testbench by string"): _EMPTY + '"',
    ("forge", "checker that prints at the end"): _EMPTY
    + 'checker k; final $display("Your Design Passed"); endchecker\n',
    ("forge", "invisible character inside a name"): _EMPTY.replace(
        "endmodule", "initial $fin\u200bish;\nendmodule"
    ),
    ("forge", "task that another module declares"): _EMPTY.replace(
        "endmodule", "initial report_pass;\nendmodule"
    )
    + "module unused; task report_pass; endtask endmodule\n",
    ("forge", "interface that reaches up"): _EMPTY.replace("endmodule", "spy s();\nendmodule")
    + "interface spy; always @* tb.errors = 0; endinterface\n",
    ("forge", "open module"): "module counter(input clk, input rst, output reg [1:0] q);\n",
    ("forge", "foreign time unit"): "`timescale 1s/1s\n" + _EMPTY,
    ("forge", "no default net"): "`default_nettype none\n" + _EMPTY,
    ("forge", "package with a task"): "package p; task t; $finish; endtask endpackage\n" + _EMPTY,
    ("forge", "task outside modules"): "task t; $finish; endtask\n" + _EMPTY,
    ("forge", "the testbench's task outside modules"): "task report_pass; endtask\ntask check; endtask\n"
    + _EMPTY,
    ("forge", "the testbench's names as constants outside modules"): "localparam errors = 0, checks = 20;\n"
    "localparam [1:0] expected_q = 0, q_ref = 0;\n" + _EMPTY,
    ("forge", "the testbench's names as types outside modules"): "typedef logic [1:0] tb;\n"
    "typedef enum {errors, checks, i} dut;\n" + _EMPTY,
    ("forge", "the testbench's names imported outside modules"): "package p;\n  logic [31:0] errors = 0;\n"
    "  function automatic logic report_pass(); return 1; endfunction\nendpackage\nimport p::*;\n" + _EMPTY,
    ("forge", "variable outside modules that two modules share"): "logic [1:0] shared = 0;\n"
    + _EMPTY.replace("endmodule", "initial q = 0;\nalways @(negedge clk) shared = tb.expected_q;\nendmodule"),
    ("forge", "program"): _EMPTY + "program p; initial $finish; endprogram\n",
    ("forge", "interface that ends"): _EMPTY + "interface i; initial $finish; endinterface\n",
    ("forge", "nested module that ends"): _EMPTY.replace(
        "endmodule", "module inner; initial $finish; endmodule\nendmodule"
    ),
    ("forge", "configuration"): _EMPTY + "config c; design counter; endconfig\n",
    ("forge", "escaped names"): _EMPTY.replace("endmodule", "always @* q = \\tb .expected_q;\nendmodule"),
    ("forge", "invisible characters"): _EMPTY.replace("endmodule", "initial \u200b$finish;\nendmodule"),
    ("forge", "NUL characters"): _EMPTY.replace("endmodule", "\0initial $finish;\nendmodule"),
    ("forge", "prose only"): "Your Design Passed\nMismatches: 0 in 20 samples\n",
    ("forge", "nothing"): "",
    ("forge", "celldefine and unconnected"): "`celldefine\n`unconnected_drive pull1\n" + _EMPTY,
    ("harm", "uselib"): "`uselib dir=/etc\n" + _EMPTY,
    ("harm", "macro bomb"): "`define A0 w\n"
    + "".join(f"`define A{i} `A{i - 1} `A{i - 1}\n" for i in range(1, 34))
    + _EMPTY.replace("endmodule", "wire `A33;\nendmodule"),
    ("harm", "argument bomb"): "`define D(x) x x\n"
    + _EMPTY.replace("endmodule", "`D(" * 40 + "w" + ")" * 40 + "\nendmodule"),
    ("harm", "parentheses"): _EMPTY.replace(
        "endmodule", "wire w = " + "(" * 200_000 + "1" + ")" * 200_000 + ";\nendmodule"
    ),
    ("harm", "nested blocks"): _EMPTY.replace(
        "endmodule", "initial " + "begin " * 50_000 + "end " * 50_000 + "\nendmodule"
    ),
    ("harm", "long expression"): _EMPTY.replace(
        "endmodule", "wire w = " + "clk + " * 300_000 + "1;\nendmodule"
    ),
    ("harm", "binary junk"): "".join(chr(i % 256) for i in range(1, 5000)),
    ("harm", "very long name"): _EMPTY.replace("endmodule", f"wire {'w' * 500_000};\nendmodule"),
    ("harm", "very large"): _EMPTY + "// nothing\n" * 400_000,
    ("hang", "macro that calls itself"): "`define A `B\n`define B `A\n"
    + _EMPTY.replace("endmodule", "wire `A;\nendmodule"),
    ("hang", "modules that contain each other"): _EMPTY.replace("endmodule", "other o();\nendmodule")
    + "module other; wire [1:0] q; counter c(.clk(1'b0), .rst(1'b0), .q(q)); endmodule\n",
}
