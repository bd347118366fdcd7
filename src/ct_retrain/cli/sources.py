"""Assemble a design and its testbench from files named on the command line, as collect does from a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ct_retrain.core.records.verdict import Design


class NamedSource(NamedTuple):
    """The files, as named by the user."""

    dut: str
    tb: str
    rtl: tuple[str, ...] = ()
    bench: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    define: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


class LoadedDesign(NamedTuple):
    """A design for the judge, and how to translate messages about it."""

    design: Design
    rtl: str
    """The assembled design, before its memories were filled."""
    notes: tuple[str, ...]
    """One sentence for each memory that stays unknown."""
    names: tuple[str, str]
    """File names of design and testbench, if each is a single file."""

    def design_line(self, line: int) -> str:
        """Return file and line of a line of the design."""
        return self.told(f"design.v:{line}").replace("design.v", self.names[0])

    def bench_line(self, line: int) -> str:
        """Return file and line of a line of the testbench."""
        return self.told(f"testbench.v:{line}").replace("testbench.v", self.names[1])

    def told(self, detail: str) -> str:
        """Return *detail* with lines of the original files."""
        from ct_retrain.verilog.assembly import told_by_file

        return told_by_file(self.design.testbench, told_by_file(self.rtl, detail), "testbench.v")


def design_of(named: NamedSource) -> LoadedDesign:
    """Return the design and testbench that *named* names; raise UsageError for what cannot be read."""
    from pathlib import Path

    from ct_retrain.core.errors import UsageError
    from ct_retrain.core.records.verdict import FILE_NAME, DataFile, Design
    from ct_retrain.stages._several_files import (
        JoinedSource,
        SourcePart,
        surroundings_of,
        whole,
    )
    from ct_retrain.trace import FileRefusal
    from ct_retrain.trace.lines import Payload
    from ct_retrain.verilog.roms import filled

    given = (*named.rtl, named.dut, *named.bench, named.tb)

    def read(key: str, name: str) -> bytes | FileRefusal:
        if name not in given and not Path(name).is_file():
            return FileRefusal("artefact_missing", f"{key}: {name}")
        return _text(name).encode()

    def put_together(key: str, names: tuple[str, ...]) -> JoinedSource:
        made = whole(key, names, read, around)
        if isinstance(made, FileRefusal):
            raise UsageError(made.detail)
        return made

    files: list[DataFile] = []
    for name in named.data:
        if not FILE_NAME.fullmatch(Path(name).name):
            message = f"{name}: a data file's name holds letters, digits, dots, dashes and underscores"
            raise UsageError(message)
        files.append(DataFile(name=Path(name).name, text=_text(name)))
    payload = Payload(
        include_dirs=list(named.include), data_files=list(named.data), defines=list(named.define)
    )
    around = surroundings_of(payload)
    rtl = put_together("DUT", (*named.rtl, named.dut))
    around = around._replace(design=rtl.parts or (SourcePart(rtl.name, rtl.data),))
    bench = put_together("TB", (*named.bench, named.tb)).data.decode()
    text = rtl.data.decode()
    made = filled(text, {file.name: file.text for file in files}, bench)
    return LoadedDesign(
        Design(rtl=made.text, testbench=bench, files=tuple(files)), text, made.notes, (named.dut, named.tb)
    )


def _text(name: str) -> str:
    from ct_retrain.cli.judge import read_text

    return read_text(name)
