"""The 2-bit counter under testbenches as people and models write them: no two tell their verdict alike."""

_CLOCKED = """`timescale 1ns/1ps
module tb;
  reg clk = 0, rst = 1; wire [1:0] q; reg [1:0] expected = 0;
  integer errors = 0, passed = 0, total = 0, i;
  counter dut(.clk(clk), .rst(rst), .q(q));
  always #5 clk = ~clk;
DECLARATIONS
  initial begin
    @(posedge clk); #1 rst = 0;
    for (i = 0; i < 20; i = i + 1) begin
      total = total + 1;
      CHECK
      @(posedge clk); #1 expected = expected + 1;
    end
    VERDICT
    $finish;
  end
endmodule
"""
_COUNT = "if (q === expected) passed = passed + 1; else errors = errors + 1;"


def _bench(check: str, verdict: str, declarations: str = "") -> str:
    return _CLOCKED.replace("CHECK", check).replace("VERDICT", verdict).replace("DECLARATIONS", declarations)


_EACH = (
    'if (q === expected) begin passed = passed + 1; $display("[PASS] step %0d", i); end'
    ' else begin errors = errors + 1; $display("[FAIL] step %0d: got %0d, expected %0d", i, q, expected); end'
)
_TASK = """
  task check(input [8*20:1] name, input [1:0] got, input [1:0] want);
    if (got === want) begin passed = passed + 1; $display("PASS: %0s", name); end
    else begin errors = errors + 1; $display("FAIL: %0s got=%0d want=%0d", name, got, want); end
  endtask
"""

FREE = {
    "pass and fail counts": _bench(_EACH, '$display("PASS: %0d FAIL: %0d", passed, errors);'),
    "failed tests": _bench(
        _EACH,
        '$display("Failed tests: %0d", errors); if (errors == 0) $display("OVERALL: PASS");'
        ' else $display("OVERALL: FAIL");',
    ),
    "only errors": _bench(_COUNT, '$display("Simulation finished with %0d errors", errors);'),
    "error_count": _bench(_COUNT, '$display("error_count=%0d", errors);'),
    "ERRORS in a summary": _bench(
        'if (q !== expected) begin errors = errors + 1; $display("***ERROR - expected %b", expected); end',
        '$display(" VECTORS: %4d", total); $display("  ERRORS: %4d", errors); $display("TEST END ------");',
    ),
    "k of n": _bench(_COUNT, '$display("Tests passed: %0d / %0d", passed, total);'),
    "score": _bench(_COUNT, '$display("Score: %0d/%0d", passed, total);'),
    "percent": _bench(_COUNT, '$display("Pass rate: %0d%%", passed * 100 / total);'),
    "table with a heading": _bench(
        '$display("%4d | %b | %b | %s", i, q, expected, q === expected ? "Pass" : "Fail");'
        " if (q !== expected) errors = errors + 1;",
        'if (errors == 0) $display("All tests passed"); else $display("Some tests failed");',
        '  initial $display("time | got | want | Pass/Fail");',
    ),
    "names that speak of errors": _bench(
        'check("error injection", q, expected);',
        'if (errors == 0) $display("ALL TESTS PASSED"); else $display("%0d TESTS FAILED", errors);',
        _TASK + '  initial $display("Testing error injection and failure recovery");',
    ),
    "marks": _bench(
        'if (q === expected) $display("✓ step %0d", i); else begin errors = errors + 1;'
        ' $display("✗ step %0d", i); end',
        'if (errors == 0) $display("✅ done"); else $display("❌ %0d wrong", errors);',
    ),
    "severity tasks": _bench(
        'if (q !== expected) $error("counter is %0d, not %0d", q, expected);', '$display("end of test");'
    ),
    "warnings": _bench(
        'if (q !== expected) $warning("counter wrong"); else passed = passed + 1;',
        'if (passed == total) $display("TEST PASSED"); else $display("test done");',
    ),
    "assertions": _bench('assert (q === expected) else $error("step %0d", i);', '$display("finished");'),
    "fatal": _bench('if (q !== expected) $fatal(1, "bad count");', '$display("Test passed");'),
    "silent unless wrong": _bench(
        'if (q !== expected) begin $display("ERROR at %0t: q=%b", $time, q); errors = errors + 1; end', ""
    ),
    "a macro speaks": '`define SAY(word) $display("[%0t] %0s", $time, word)\n'
    + _bench(_COUNT, 'if (errors == 0) `SAY("ALL TESTS PASSED"); else `SAY("TEST FAILED");'),
    "a macro checks": '`define CHECK(a, b) if ((a) !== (b)) begin errors = errors + 1; $display("FAIL"); end\n'
    + _bench("`CHECK(q, expected)", 'if (errors == 0) $display("PASS");'),
    "written in pieces": _bench(
        '$write("step %0d: ", i); if (q === expected) $display("ok"); else begin errors = errors + 1;'
        ' $display("not ok"); end',
        '$write("Result: "); if (errors == 0) $write("PASS\\n"); else $write("FAIL\\n");',
    ),
    "to standard output by its number": _bench(
        'if (q !== expected) begin errors = errors + 1; $fdisplay(32\'h8000_0002, "FAIL"); end',
        'if (errors == 0) $fdisplay(1, "TEST PASSED");',
    ),
    "loose comparison": _bench(
        'if (q != expected) begin errors = errors + 1; $display("mismatch at %0d", i); end',
        'if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");',
    ),
    "several test passed lines": _bench(
        'if (q !== expected) errors = errors + 1; if (i % 5 == 4 && errors == 0) $display("[PASS] test passed");',
        'if (errors == 0) $display("All tests passed"); else $display("FAILED");',
    ),
    "waits, with a watchdog": _bench(
        "wait (q === expected); passed = passed + 1;",
        'if (passed == 20) $display("TEST PASSED");',
        '  initial begin #100000 $display("Simulation timeout!"); $finish; end',
    ),
    "looks inside": _bench(
        'if (dut.q !== expected) begin errors = errors + 1; $display("FAIL inside"); end',
        'if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");',
    ),
    "includes the design": '`include "counter.v"\n'
    + _bench(_COUNT, 'if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");'),
    "no mismatches": _bench(
        _COUNT,
        'if (errors == 0) $display("Hint: output q has no mismatches."); else'
        ' $display("Hint: output q has %0d mismatches.", errors);',
    ),
    "the word fail in the sentence of success": _bench(
        _COUNT,
        'if (errors == 0) $display("Finished: no failures"); else $display("Finished: %0d failures", errors);',
    ),
}
