"""Make a testbench's output unforgeable: mark what it prints, where it ends the test, and its module names.

A run has two secrets, one in names and one in printed text, because a design can see the names of the scopes above it
(`%m`). So if a design prints the pass line or ends the simulation, the mark is missing, and if it names the
testbench's modules or instances, no such names exist. The text keeps its lines, so that the compiler's messages name
the right ones.
"""

import re
import secrets
from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    BinaryExpressionSyntax,
    ConditionalPredicateSyntax,
    ExpressionStatementSyntax,
    FunctionPrototypeSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    ImmediateAssertionStatementSyntax,
    ModuleDeclarationSyntax,
    NamedBlockClauseSyntax,
    NamedLabelSyntax,
    NamedParamAssignmentSyntax,
    NamedPortConnectionSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
    SystemNameSyntax,
)

from ct_retrain.judge.evidence.cocotb import is_cocotb, toplevel
from ct_retrain.judge.evidence.comparisons import LooseComparisons, loose_comparisons
from ct_retrain.judge.evidence.dumped_names import qualified_dumps
from ct_retrain.judge.evidence.early_stop import CountReport, early_stops
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.random_streams import change_random_numbers
from ct_retrain.judge.evidence.wrapper import use_wrappers
from ct_retrain.judge.reading.sites import ENDS, PrintSite, marked
from ct_retrain.verilog.edits import Edit, edited, insertion
from ct_retrain.verilog.kinds import instance_name, system_task
from ct_retrain.verilog.modules import Names, module_names, roots, wanted
from ct_retrain.verilog.shared import shared_names
from ct_retrain.verilog.tree import Parsed, items_of, nodes, parse, tokens

BLANK = "c0dec0dec0dec0de"
"""Placeholder of equal length for the mark of printed text, until a run has one."""
NAME_BLANK = "c0dab1ec0dab1e00"
"""Placeholder of equal length for the suffix of the testbench's names, until a run has one."""


class Nonce(NamedTuple):
    """The two secrets of a run."""

    mark: str
    """Prefix of everything the testbench prints; it occurs in no name and, under Icarus, in no file."""
    name: str
    """Suffix of the testbench's names."""

    @classmethod
    def drawn(cls) -> "Nonce":
        """Return two unpredictable secrets; no verdict depends on them."""
        return cls(*(secrets.token_hex(len(blank) // 2) for blank in (BLANK, NAME_BLANK)))

    def named(self, text: str) -> str:
        """Return *text* with this run's names, and still with `BLANK` for the mark."""
        return text.replace(NAME_BLANK, self.name)

    def marked(self, text: str) -> str:
        """Return *text* with this run's mark."""
        return text.replace(BLANK, self.mark)


class Style(StrEnum):
    """How a testbench reports its verdict."""

    HOUSE = "house"
    """One line `CT_VERDICT checks=N errors=E`, whose marker is a macro that the judge defines."""
    VERILOGEVAL = "verilogeval"
    """`Mismatches: E in N samples`."""
    PLAIN = "plain"
    """Free form, read by `judge.reading`."""
    COCOTB = "cocotb"
    """Python, whose tests write a results file."""


class Harness(NamedTuple):
    """A testbench as it is compiled, with `BLANK` and `NAME_BLANK` in place of the secrets."""

    style: Style
    source: str
    tops: tuple[str, ...]
    modules: frozenset[str]
    """Original names of the testbench's modules."""
    wanted: tuple[str, ...]
    """Modules that the testbench instantiates and the design must provide."""
    ends: bool
    """Whether every way in which the testbench ends the simulation prints the end mark."""
    sites: tuple[PrintSite, ...] = ()
    """Print statements of a free-form testbench."""
    comparisons: LooseComparisons = LooseComparisons((), frozenset(), inside=False)
    """How it compares the design's outputs, which unknown bits may pass."""
    draws: bool = False
    """Whether it draws random numbers."""
    instances: tuple[str, ...] = ()
    """Paths from a root to instances of wanted modules, as far as they are in a root."""
    stops: bool = False
    """Whether it ends at the first error that it counts."""


END_MARK = "end of test"
"""Printed after the secret right before the testbench ends the simulation, with the time in its own units."""


def preprocessable(testbench: str, present: Collection[str] = ()) -> str:
    """Return *testbench* for preprocessing: with the house style's macro defined, and every line in place.

    An include of a file that is not *present* is left out: it may be the design's own, which is compiled with
    the testbench. If it held anything else, the testbench does not compile, which is no verdict on the
    design.
    """
    text = _INCLUDE.sub(lambda found: found[0] if found["name"] in present else "", testbench)
    if not _HOUSE.search(testbench):
        return text
    # A marker that the testbench defines unconditionally would hide the run's.
    asking = text if _ASKS_FIRST.search(text) else _OWN_MARKER.sub("", text)
    return f'`define CT_VERDICT "{BLANK}"\n`line 1 "testbench.v" 0\n{asking}'


def harness(testbench: str, flat: str = "", changed: Experiment = AS_WRITTEN) -> Harness | str:
    """Return *testbench* with its output marked, or a sentence if no verdict could be taken from it.

    *flat* is its preprocessed text (`preprocessable`), where names and prints produced by macros can be
    found. *changed* is the experiment. A cocotb testbench is left unchanged: it reports through a file that
    the design cannot write.
    """
    if is_cocotb(testbench):
        top = toplevel(testbench)
        return Harness(Style.COCOTB, testbench, top, frozenset(), top, ends=False)
    found = _examined(testbench, flat or preprocessable(testbench))
    if isinstance(found, str):
        return found
    parsed, made = found.parsed, found.harness
    stopping = (
        early_stops(parsed, _REPORTS[made.style], BLANK) if changed.stops and made.style in _REPORTS else []
    )
    tried = [
        *(_comparisons(parsed) if changed.strict else ()),
        *(use_wrappers(parsed, made.wanted, NAME_BLANK) if changed.apart else ()),
        *(found.drawing if changed.stream else ()),
        *stopping,
    ]
    return made._replace(source=edited(parsed.data, [*found.edits, *tried]), stops=bool(stopping))


class _Examined(NamedTuple):
    """What a testbench is found to be, whatever is changed in it."""

    parsed: Parsed
    harness: Harness
    """Without its source."""
    edits: list[Edit]
    """What is always done to it."""
    drawing: list[Edit]
    """What changes its random numbers."""


@lru_cache(maxsize=4)
def _examined(testbench: str, flat: str) -> _Examined | str:
    """Return how *testbench*, preprocessed as *flat*, is marked, or a sentence; cached, as experiments follow one another."""
    parsed = parse(flat)
    if parsed is None:
        return "the testbench is too large or nested too deep"
    found, style, speech = module_names(parsed), style_of(testbench), marked(parsed, BLANK)
    if not roots(found):
        return "the testbench has no top module"
    if style is Style.PLAIN and not speech.sites and not _ASSERTS.search(testbench):
        return "the testbench never says whether the design passed: it prints nothing"
    renamed = _renames(parsed, frozenset(found.defined))
    if isinstance(renamed, str):
        return renamed
    ended, ends = _ended(parsed)
    drawing = change_random_numbers(parsed)
    spoken = speech.edits if style is not Style.HOUSE else ()
    made = Harness(
        style,
        "",
        tuple(f"{top}_{NAME_BLANK}" for top in roots(found)),
        frozenset(found.defined),
        wanted(found),
        ends,
        sites=speech.sites,
        comparisons=loose_comparisons(parsed, wanted(found)),
        draws=bool(drawing),
        instances=tuple(_instances(parsed, found)),
    )
    dumped = qualified_dumps(parsed, f"_{NAME_BLANK}")
    return _Examined(parsed, made, [*renamed, *spoken, *ended, *dumped], drawing)


_INCLUDE = re.compile(r"^[ \t]*`include[ \t]+[\"<](?P<name>[^\">\n]*)[\">][^\n]*$", re.MULTILINE)
_ASSERTS = re.compile(r"\bassert\b")
_HOUSE = re.compile(r"\$display\s*\(\s*\"%0?s checks=%0d errors=%0d\"\s*,\s*`CT_VERDICT\b")
_OWN_MARKER = re.compile(r"^[ \t]*`define[ \t]+CT_VERDICT\b[^\n]*(?<!\\)$", re.MULTILINE)
_ASKS_FIRST = re.compile(r"`ifndef\s+CT_VERDICT\b")
_VERILOGEVAL = re.compile(r"\"Mismatches: %\d*d in %\d*d samples")
_REPORTS = {
    Style.HOUSE: CountReport(
        re.compile(rf'\$display\("%0?s checks=%0d errors=%0d","{BLANK}",\w+,(?P<errors>\w+)\)'), f'"{BLANK}"'
    ),
    Style.VERILOGEVAL: CountReport(
        re.compile(r'\$display\("Mismatches: %\d*d in %\d*d samples",(?P<errors>\w+(?:\.\w+)?),[\w.]+\)'),
        "Mismatches:",
    ),
}
"""Styles whose verdict is a count, and how they print it."""


def style_of(testbench: str) -> Style:
    """Return how *testbench* reports its verdict."""
    if _HOUSE.search(testbench):
        return Style.HOUSE
    return Style.VERILOGEVAL if _VERILOGEVAL.search(testbench) else Style.PLAIN


def _renames(parsed: Parsed, defined: frozenset[str]) -> list[Edit] | str:
    """Return edits that append the secret to every name of the testbench; a sentence if one cannot be
    renamed.
    """
    private = set(defined) | shared_names(parsed)
    foreign: set[str] = set()
    kept: list[Token] = []
    paths: list[ScopedNameSyntax] = []
    for node in parsed.nodes:
        match node:
            case HierarchyInstantiationSyntax():
                found = {
                    instance_name(item) for item in items_of(node, "instances", HierarchicalInstanceSyntax)
                }
                private |= found
                if node.type.valueText not in defined:
                    foreign |= found
                    kept.append(node.type)  # an instance may be named like its module
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
    """Return the names of *path* that are inside the design: those after one of its instances."""
    words = [token for token in tokens(path) if token.kind == TokenKind.Identifier]
    first = next((index for index, word in enumerate(words) if word.valueText in foreign), len(words))
    return words[first + 1 :]


def _suffixes(parsed: Parsed, private: frozenset[str], kept: list[Token]) -> list[Edit] | str:
    places = {place for token in kept if (place := parsed.span(token)) is not None}
    edits: list[Edit] = []
    for word in parsed.tokens:
        if word.kind == TokenKind.Identifier and word.valueText in private:
            place = parsed.span(word)
            if place is None:
                return f"a macro spells the testbench's name {word.valueText}, which a design could then use"
            if place not in places:
                edits.append(insertion(place.end, f"_{NAME_BLANK}"))
    return edits


def _ended(parsed: Parsed) -> tuple[list[Edit], bool]:
    """Return edits that mark the ends of the simulation, and whether all of them could be marked."""
    edits: list[Edit] = []
    ends = marks = 0
    for node in parsed.nodes:
        if isinstance(node, SystemNameSyntax):
            ends += node.systemIdentifier.valueText in ENDS
        elif isinstance(node, ExpressionStatementSyntax):
            end = _mark_end(parsed, node)
            marks += bool(end)
            edits += end
    return edits, marks == ends > 0


def _comparisons(parsed: Parsed) -> list[Edit]:
    """Return edits of `==` and `!=` to `===` and `!==` where the testbench decides by them."""
    edits: dict[int, Edit] = {}
    for node in parsed.nodes:
        if isinstance(node, ConditionalPredicateSyntax):
            for inner in nodes(node):
                if inner.kind in _LOOSE and isinstance(inner, BinaryExpressionSyntax):
                    place = parsed.span(inner.operatorToken)
                    if place is not None:
                        edits[place.end] = insertion(place.end, "=")
        elif isinstance(node, ImmediateAssertionStatementSyntax):
            for inner in nodes(node.expr):
                if inner.kind in _LOOSE and isinstance(inner, BinaryExpressionSyntax):
                    place = parsed.span(inner.operatorToken)
                    if place is not None:
                        edits[place.end] = insertion(place.end, "=")
    return list(edits.values())


_LOOSE = frozenset({SyntaxKind.EqualityExpression, SyntaxKind.InequalityExpression})


def _instances(parsed: Parsed, found: Names) -> Iterator[str]:
    """Return paths to instances of wanted modules that are directly in a root."""
    needed, tops = wanted(found), roots(found)
    for node in parsed.nodes:
        if isinstance(node, ModuleDeclarationSyntax) and node.header.name.valueText in tops:
            for inner in items_of(node, "members", SyntaxNode):
                if isinstance(inner, HierarchyInstantiationSyntax) and inner.type.valueText in needed:
                    for item in items_of(inner, "instances", HierarchicalInstanceSyntax):
                        root = node.header.name.valueText
                        yield f"{root}_{NAME_BLANK}.{instance_name(item)}_{NAME_BLANK}"


def _mark_end(parsed: Parsed, node: ExpressionStatementSyntax) -> list[Edit]:
    """Return the edit `$finish;` → `begin $display(mark, time); $finish; end`."""
    if system_task(node.expr) not in ENDS:
        return []
    place = parsed.span(node)
    label: NamedLabelSyntax | None = getattr(node, "label", None)
    if place is None or label is not None:
        return []
    return [
        insertion(place.start, f'begin $display("{BLANK} {END_MARK} %0d", $time); '),
        insertion(place.end, " end"),
    ]
