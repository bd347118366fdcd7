"""The files of an agent are sorted as its simulator saw them: a design, and all that belongs to its testbench."""

import pytest
from tests.small_workspace import bench, golden

from ct_retrain.importers.sources import DesignPair, Sources
from ct_retrain.verilog.pieces import pieces

WIDTH = 4
DUT, TB = golden(WIDTH), bench(WIDTH)
STIMULUS = "module stimulus(output reg [3:0] a);\n  initial a = 0;\nendmodule\n"
REFERENCE = "module RefModule(input [3:0] a, output [3:0] y);\n  assign y = ~a;\nendmodule\n"
PACKAGE = "package sizes;\n  localparam int W = 4;\nendpackage\n"


def sides(*files: tuple[str, str]) -> DesignPair:
    sources = Sources()
    for path, content in files:
        sources.note({"path": path, "content": content})
    return sources.sides()


def names(text: str) -> list[str]:
    return [piece.name for piece in pieces(text).found if piece.name]


@pytest.mark.parametrize(
    ("files", "design", "testbench"),
    [
        ([("dut.v", DUT), ("tb.v", TB)], ["inv4"], ["tb"]),
        ([("tb/test.sv", STIMULUS + TB), ("tb/ref.sv", REFERENCE), ("x.sv", DUT)], ["inv4"], ["RefModule", "stimulus", "tb"]),
        ([("Prob001_test.sv", TB), ("Prob001_ref.sv", REFERENCE), ("x.sv", DUT)], ["inv4"], ["RefModule", "tb"]),
        ([("self_test.v", STIMULUS), ("dut.v", DUT), ("tb.v", TB)], ["stimulus", "inv4"], ["tb"]),
        ([("all.v", DUT + TB)], ["inv4"], ["tb"]),
        ([("dut.v", DUT), ("all.v", DUT + TB)], ["inv4"], ["tb"]),
        ([("dut.sv", DUT), ("sizes.sv", PACKAGE), ("tb.sv", TB)], ["sizes", "inv4"], ["tb"]),
        ([("sizes.sv", PACKAGE), ("sizes.sv", PACKAGE), ("dut.sv", DUT), ("tb.sv", TB)], ["sizes", "inv4"], ["tb"]),
        ([("old_tb.v", TB), ("dut.v", DUT), ("tb.v", TB)], ["inv4"], ["tb"]),
        ([("golden.v", DUT), ("tb.v", TB)], ["inv4"], ["tb"]),
        ([("dut.v", DUT)], ["inv4"], []),
        ([("tb.v", TB)], [], ["tb"]),
    ],
)  # fmt: skip
def test_files_are_sorted_into_design_and_testbench(
    files: list[tuple[str, str]], design: list[str], testbench: list[str]
) -> None:
    found = sides(*files)

    assert (names(found.rtl), names(found.testbench)) == (design, testbench)


def test_a_header_is_in_every_file_that_includes_it_and_a_module_comes_once() -> None:
    header = ("rtl/include/width.vh", "`define WIDTH 4\n")
    part = ("rtl/part.v", '`include "width.vh"\nmodule part(input [`WIDTH-1:0] a);\nendmodule\n')
    top = ("rtl/top.v", f'`include "width.vh"\n`include "part.v"\n{DUT}')
    found = sides(header, top, part, ("tb.v", f'`include "rtl/top.v"\n`include "gone.vh"\n{TB}'))

    assert sorted(names(found.rtl)) == ["inv4", "part"]
    assert found.rtl.count("`define WIDTH 4") == 2
    assert "`include" not in found.rtl
    assert '`include "gone.vh"' in found.testbench
    assert 'top.v"' not in found.testbench
