"""Several files become one text that stands for itself, and lines keep the names that people know."""

from ct_retrain.verilog.assembly import File, assembled, directives_alone, told_by_file, with_base_names

HEADERS = {"defs.vh": "`ifndef DEFS\n`define DEFS\n`define W 8\n`endif\n"}


def find(name: str, includer: str) -> File | None:
    return File(f"inc/{name}", HEADERS[name]) if name in HEADERS else None


def test_a_single_file_stays_as_it_is() -> None:
    text = "module m;\r\n// é\nendmodule"
    assert assembled([File("m.v", text)]).text == text


def test_an_include_is_the_file_that_it_names() -> None:
    made = assembled([File("m.v", '`include "defs.vh"\nmodule m(input [`W-1:0] a);\nendmodule\n')], find)
    assert "`define W 8" in made.text
    assert [file.name for file in made.included] == ["inc/defs.vh"]


def test_an_include_in_a_comment_or_of_nobodys_file_stays() -> None:
    text = '// `include "defs.vh"\n`include "other.vh"\nmodule m; endmodule\n'
    assert assembled([File("m.v", text)], find).text == text


def test_a_header_that_includes_itself_ends() -> None:
    loop = {"a.vh": '`include "a.vh"\nlocalparam A = 1;\n'}
    made = assembled([File("m.v", '`include "a.vh"\n')], lambda name, _: File(name, loop[name]))
    assert made.text.count("localparam") == 1


def test_headers_that_include_each_other_many_times_are_bounded() -> None:
    texts = {f"{n}.vh": f'`include "{n + 1}.vh"\n' * 60 for n in range(12)}
    made = assembled([File("m.v", '`include "0.vh"\n')], lambda name, _: File(name, texts.get(name, "")))
    assert len(made.text) < 10_000_000


def test_macros_of_the_command_line_stand_in_front_where_they_are_used() -> None:
    made = assembled([File("m.v", "`ifdef FAST\n`endif\n")], defines={"FAST": "", "OTHER": "1"})
    assert made.text.startswith("`define FAST\n`ifdef")
    assert "OTHER" not in made.text


def test_a_message_names_the_file_and_its_line() -> None:
    files = [File("a.v", "module a;\nendmodule\n"), File("b.v", 'x\n`include "defs.vh"\nbad\n')]
    text = assembled(files, find).text
    bad = text.split("\n").index("bad") + 1
    header = text.split("\n").index("`define W 8") + 1
    assert told_by_file(text, f"design.v:{bad}: syntax error") == "b.v:3: syntax error"
    assert told_by_file(text, f"line {header}: no") == "inc/defs.vh:3: no"
    assert told_by_file("module m;", "design.v:1: no") == "design.v:1: no"


def test_what_a_file_defines_for_others_can_be_had_alone() -> None:
    text = "`define A 1 \\\n + 2\nmodule m;\n`ifdef A\nwire x;\n`endif\nendmodule\n"
    assert directives_alone(text) == "`define A 1 \\\n + 2\n`ifdef A\n`endif\n"


def test_data_files_are_called_by_their_last_part() -> None:
    assert with_base_names('$readmemh("../sim/a.hex", m); $fopen("b/c.txt")', {"a.hex"}) == (
        '$readmemh("a.hex", m); $fopen("b/c.txt")'
    )
