"""Makes a testbench's voice unmistakable: what it prints, where it ends the test, and what its modules are called.

Names carry one secret of the run, what is printed another: a design can see the names of the scopes that it hangs in
(`%m`), and shall learn nothing from them. A design that prints the pass line speaks without the mark, one that ends the
simulation ends it without the mark, and one that names the testbench's modules or instances names nothing.
The text keeps its lines, so the compiler's messages still name the right ones.
"""

import re
import secrets
from enum import StrEnum
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    ArgumentListSyntax,
    ExpressionStatementSyntax,
    FunctionPrototypeSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    InvocationExpressionSyntax,
    NamedBlockClauseSyntax,
    NamedLabelSyntax,
    NamedParamAssignmentSyntax,
    NamedPortConnectionSyntax,
    ScopedNameSyntax,
    SystemNameSyntax,
)

from ct_retrain.judge.cocotb import is_cocotb, toplevel
from ct_retrain.verilog.modules import Names, names, roots, wanted
from ct_retrain.verilog.shared import shared_names
from ct_retrain.verilog.tree import Parsed, listed, nodes, parse, tokens

BLANK = "c0dec0dec0dec0de"
"""Stands for the mark of what the testbench prints until a run has one; as long as one."""
NAME_BLANK = "c0dab1ec0dab1e00"
"""Stands for the suffix of the testbench's names until a run has one; as long as one."""


class Nonce(NamedTuple):
    """The two secrets of a run."""

    mark: str
    """Begins what the testbench prints; it stands in no name and, under Icarus, in no file."""
    name: str
    """Ends the testbench's names."""

    @classmethod
    def drawn(cls) -> "Nonce":
        """Two that nobody can foresee; no answer depends on them."""
        return cls(*(secrets.token_hex(len(blank) // 2) for blank in (BLANK, NAME_BLANK)))

    def named(self, text: str) -> str:
        """*text* with this run's names, and still with `BLANK` for the mark."""
        return text.replace(NAME_BLANK, self.name)

    def marked(self, text: str) -> str:
        """*text* with this run's mark."""
        return text.replace(BLANK, self.mark)


class Style(StrEnum):
    """How a testbench tells its verdict."""

    HOUSE = "house"
    """One line `CT_VERDICT checks=N errors=E`, the marker taken from a macro that the judge defines."""
    VERILOGEVAL = "verilogeval"
    """`Mismatches: E in N samples`."""
    PLAIN = "plain"
    """A pass line in words and no count."""
    COCOTB = "cocotb"
    """Python, whose tests leave a results file."""


class Harness(NamedTuple):
    """A testbench as it is compiled, with `BLANK` and `NAME_BLANK` where the nonce goes."""

    style: Style
    source: str
    tops: tuple[str, ...]
    modules: frozenset[str]
    """Names, as written, that belong to the testbench."""
    wanted: tuple[str, ...]
    """Modules that the testbench instantiates and the design must bring."""
    ends: bool
    """Every way the testbench ends the simulation leaves the end mark."""


END_MARK = "end of test"
"""Printed after the nonce by the testbench right before it ends the simulation."""


def with_macro(testbench: str) -> str:
    """*testbench* with the macro that one of the house's style asks for; what is to be preprocessed."""
    if not _HOUSE.search(testbench):
        return testbench
    # A marker of the testbench's own, set without asking whether there is one, would hide the run's.
    asking = testbench if _ASKS_FIRST.search(testbench) else _OWN_MARKER.sub("", testbench)
    return f'`define CT_VERDICT "{BLANK}"\n`line 1 "testbench.v" 0\n{asking}'


def harness(testbench: str, flat: str = "") -> Harness | str:
    """*testbench* made to speak with a nonce; a sentence when nobody could take a verdict from it.

    *flat* is what a preprocessor made of it (`with_macro`): only there can names and voices be found that macros
    spell. One for cocotb is left as it is: it speaks through a file that the design cannot write.
    """
    if is_cocotb(testbench):
        top = toplevel(testbench)
        return Harness(Style.COCOTB, testbench, top, frozenset(), top, ends=False)
    parsed = parse(flat or with_macro(testbench))
    if parsed is None:
        return "the testbench is too large or nested too deep"
    found, style = names(parsed), style_of(testbench)
    if style is None or not roots(found) or _INCLUDE.search(testbench):
        return _no_evidence(testbench, found)
    renamed = _renames(parsed, frozenset(found.defined))
    if isinstance(renamed, str):
        return renamed
    voices, ends = _voices(parsed, tagged=style is not Style.HOUSE)
    tops = tuple(f"{top}_{NAME_BLANK}" for top in roots(found))
    source = _apply(parsed.data, [*renamed, *voices])
    return Harness(style, source, tops, frozenset(found.defined), wanted(found), ends)


def _no_evidence(testbench: str, found: Names) -> str:
    """Why nobody could take a verdict from a testbench that holds the modules *found*."""
    if not roots(found):
        return "the testbench has no top module"
    if _INCLUDE.search(testbench):
        return "the testbench includes files, which a text cannot bring along"
    return "the testbench never says whether the design passed"


_INCLUDE = re.compile(r"^[ \t]*`include\b", re.MULTILINE)
_HOUSE = re.compile(r"\$display\s*\(\s*\"%0?s checks=%0d errors=%0d\"\s*,\s*`CT_VERDICT\b")
_OWN_MARKER = re.compile(r"^[ \t]*`define[ \t]+CT_VERDICT\b[^\n]*(?<!\\)$", re.MULTILINE)
_ASKS_FIRST = re.compile(r"`ifndef\s+CT_VERDICT\b")
_VERILOGEVAL = re.compile(r"\"Mismatches: %\d*d in %\d*d samples")
_WORDS = re.compile(r"\"(?:[^\"\\\n]|\\.)*(?:pass|success|correct|\bok\b)(?:[^\"\\\n]|\\.)*\"", re.IGNORECASE)


def style_of(testbench: str) -> Style | None:
    """How *testbench* tells its verdict; None for one that says nothing about success."""
    if _HOUSE.search(testbench):
        return Style.HOUSE
    if _VERILOGEVAL.search(testbench):
        return Style.VERILOGEVAL
    return Style.PLAIN if _WORDS.search(testbench) else None


class _Edit(NamedTuple):
    offset: int
    text: str


def _renames(parsed: Parsed, defined: frozenset[str]) -> list[_Edit] | str:
    """The nonce behind every name by which the testbench could be reached; a sentence when one cannot be renamed."""
    private = set(defined) | shared_names(parsed)
    foreign: set[str] = set()
    kept: list[Token] = []
    paths: list[ScopedNameSyntax] = []
    for node in nodes(parsed.tree.root):
        match node:
            case HierarchyInstantiationSyntax():
                found = {
                    item.decl.name.valueText for item in listed(node, "instances", HierarchicalInstanceSyntax)
                }
                private |= found
                foreign |= found if node.type.valueText not in defined else set()
            case NamedBlockClauseSyntax():
                private.add(node.name.valueText)
            case FunctionPrototypeSyntax():
                private.update(token.valueText for token in tokens(node.name)[-1:])
            case NamedPortConnectionSyntax() | NamedParamAssignmentSyntax():
                kept.append(node.name)
            case ScopedNameSyntax():
                paths.append(node)
            case _:
                pass
    for path in paths:
        kept += _inside(path, foreign)
    return _suffixes(parsed, frozenset(private - {""}), kept)


def _inside(path: ScopedNameSyntax, foreign: set[str]) -> list[Token]:
    """The names of *path* that lie inside the design: what follows one of its instances."""
    words = [token for token in tokens(path) if token.kind == TokenKind.Identifier]
    first = next((index for index, word in enumerate(words) if word.valueText in foreign), len(words))
    return words[first + 1 :]


def _suffixes(parsed: Parsed, private: frozenset[str], kept: list[Token]) -> list[_Edit] | str:
    places = {place for token in kept if (place := parsed.span(token)) is not None}
    edits: list[_Edit] = []
    for word in tokens(parsed.tree.root):
        if word.kind == TokenKind.Identifier and word.valueText in private:
            place = parsed.span(word)
            if place is None:
                return f"a macro spells the testbench's name {word.valueText}, which a design could then use"
            if place not in places:
                edits.append(_Edit(place.end, f"_{NAME_BLANK}"))
    return edits


_VOICES = re.compile(r"\$(?:display|write|strobe|monitor)[bho]?$")
_ENDS = frozenset({"$finish", "$stop"})


def _voices(parsed: Parsed, *, tagged: bool) -> tuple[list[_Edit], bool]:
    """What to insert so that the testbench is heard, and whether every end of the simulation could be marked."""
    edits: list[_Edit] = []
    ends = marked = 0
    for node in nodes(parsed.tree.root):
        if isinstance(node, SystemNameSyntax):
            ends += node.systemIdentifier.valueText in _ENDS
        elif isinstance(node, ExpressionStatementSyntax):
            end = _mark_end(parsed, node)
            marked += bool(end)
            edits += end
        elif tagged and isinstance(node, InvocationExpressionSyntax):
            edits += _tag(parsed, node)
    return edits, marked == ends > 0


def _mark_end(parsed: Parsed, node: ExpressionStatementSyntax) -> list[_Edit]:
    """`$finish;` → `begin $display(mark); $finish; end`."""
    expression = node.expr
    name = expression.left if isinstance(expression, InvocationExpressionSyntax) else expression
    if not isinstance(name, SystemNameSyntax) or name.systemIdentifier.valueText not in _ENDS:
        return []
    place = parsed.span(node)
    label: NamedLabelSyntax | None = getattr(node, "label", None)
    if place is None or label is not None:
        return []
    return [_Edit(place.start, f'begin $display("{BLANK} {END_MARK}"); '), _Edit(place.end, " end")]


def _tag(parsed: Parsed, node: InvocationExpressionSyntax) -> list[_Edit]:
    """`$display(x)` → `$display("nonce ", x)`, and again after each line end inside its strings."""
    arguments: ArgumentListSyntax | None = getattr(node, "arguments", None)
    if not isinstance(node.left, SystemNameSyntax) or arguments is None:
        return []
    if not _VOICES.match(node.left.systemIdentifier.valueText):
        return []
    opened = parsed.span(arguments.openParen)
    if opened is None:
        return []
    words = tokens(arguments)
    edits = [_Edit(opened.end, f'"{BLANK} "{", " if len(words) > 2 else ""}')]
    for token in words:
        place = parsed.span(token) if token.kind == TokenKind.StringLiteral else None
        if place is not None:
            text = parsed.data[place.start : place.end]
            edits += [_Edit(place.start + at.end(), f"{BLANK} ") for at in _LINE_END.finditer(text)]
    return edits


_LINE_END = re.compile(rb"(?<!\\)(?:\\\\)*\\n(?=[^\"])")


def _apply(data: bytes, edits: list[_Edit]) -> str:
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.offset):
        pieces += [data[at : edit.offset], edit.text.encode()]
        at = edit.offset
    return b"".join([*pieces, data[at:]]).decode("utf-8", "replace")
