"""A design that loads a memory from a file is read with the file's contents, and never opens a file itself."""

from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.roms import filled

ROM = """module rom #(parameter INIT = "rom.hex", parameter D = 4) (input [1:0] a, output [7:0] y);
reg [7:0] m [0:D-1];
initial {load}
assign y = m[a];
endmodule
"""
HEX = {"rom.hex": "// four words\n12 34 @3 f_f\n"}


def test_a_load_becomes_the_words_of_its_file_on_the_same_line() -> None:
    made = filled(ROM.format(load='$readmemh("data/rom.hex", m);'), HEX)
    assert made.text.split("\n")[2] == (
        "initial begin begin m[0] = 8'h12; m[1] = 8'h34; m[3] = 8'hff; end end"
    )
    assert not made.notes
    assert not approve(made.text).report.refused


def test_a_file_that_a_parameter_names_is_chosen_by_the_parameter() -> None:
    made = filled(ROM.format(load='if (INIT != "") $readmemh(INIT, m); else m[0] = 1;'), HEX)
    assert 'begin if (INIT == "rom.hex") begin m[0]' in made.text
    assert approve(made.text).text


def test_a_load_without_its_file_is_left_out_and_said() -> None:
    text = ROM.format(load='$readmemh("rom.hex", m);')
    assert filled(text, {}).notes == ('line 3: the file that fills m was not given: "rom.hex"',)
    approved = approve(text)
    assert not approved.report.refused
    assert "$readmemh" not in approved.text
    assert "stays unknown" in str(approved.left_out[0])


def test_what_the_testbench_reads_itself_is_not_the_designs() -> None:
    text = ROM.format(load='$readmemh("rom.hex", m);')
    reads = 'module tb; reg [7:0] e [0:3]; initial $readmemh("rom.hex", e); endmodule'
    computes = "module tb; reg [7:0] e [0:3]; string s; initial begin s = $sformatf(s); $readmemh(s, e); end endmodule"
    joins = 'module tb; parameter N = "rom"; reg [7:0] e [0:3]; initial $readmemh({"../data/", N, ".hex"}, e); endmodule'
    for testbench in (reads, computes, joins):
        made = filled(text, HEX, testbench)
        assert made.text == text
        assert "may hold its answers" in made.notes[0]


def test_a_testbench_may_name_the_file_as_a_parameter_of_the_design() -> None:
    testbench = 'module tb; reg [7:0] e [0:3]; rom #(.INIT("x/rom.hex")) d (); initial $readmemh("e.hex", e); endmodule'
    made = filled(ROM.format(load="$readmemh(INIT, m);"), {**HEX, "e.hex": "0"}, testbench)
    assert 'INIT == "x/rom.hex"' in made.text


def test_another_file_of_the_testbench_is_no_reason_to_withhold_one() -> None:
    testbench = 'module tb; reg [7:0] e [0:3]; initial $readmemh({"want", ".hex"}, e); endmodule'
    made = filled(ROM.format(load='$readmemh("rom.hex", m);'), HEX, testbench)
    assert "m[0]" in made.text


def test_a_load_while_the_simulation_runs_stays_forbidden() -> None:
    text = 'module m(input clk); reg [7:0] r [0:1]; always @(posedge clk) $readmemh("rom.hex", r); endmodule'
    assert filled(text, HEX).text == text
    assert "system task $readmemh" in str(approve(text).report.refused[0])


def test_what_is_no_memory_file_fills_nothing() -> None:
    assert (
        "no memory file" in filled(ROM.format(load='$readmemh("rom.hex", m);'), {"rom.hex": "key=1"}).notes[0]
    )


def test_a_load_that_names_no_memory_fills_nothing() -> None:
    made = filled(ROM.format(load='$readmemh("rom.hex");'), HEX)
    assert made.notes == ("line 3: a load names a file and a memory, and this one does not",)
