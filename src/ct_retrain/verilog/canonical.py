"""Rewrite a parsed design from its tokens, so that every tool reads exactly what was parsed here.

The text holds what the parser saw after preprocessing, one space or line end between tokens. It has no
directives, macros, comments, attributes, time units or escaped names. A token keeps its line, so messages
about the rewritten text are messages about the original.

Dropped: `timescale and timeunit (delays count in the testbench's units), specify blocks (timing that no tool
here uses), and prints and checks (`verilog.nonfunctional`). A construct without a canonical spelling is
refused with its line.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from pyslang.ast import VisitAction
from pyslang.parsing import Token, TokenKind
from pyslang.syntax import SyntaxKind, SyntaxNode

from ct_retrain.verilog.checks import held_checks, place_of
from ct_retrain.verilog.directives import plain_words
from ct_retrain.verilog.nonfunctional import (
    CONCURRENT,
    ENDS,
    assertion,
    harmless,
    loads,
    only_checks,
    only_prints,
    task_of,
)
from ct_retrain.verilog.spelling import NUMBER, spelled
from ct_retrain.verilog.tree import Parsed, Visited, tokens


class Unwritable(NamedTuple):
    """A construct that cannot be rewritten."""

    line: int
    reason: str


class Written(NamedTuple):
    """A design in canonical spelling."""

    text: str
    problems: tuple[Unwritable, ...]
    """Reasons why the text must not be used; empty if the design could be rewritten."""
    names: frozenset[str]
    """Every identifier in the text."""
    left_out: tuple[Unwritable, ...] = ()
    """Prints and checks that were dropped from the text."""


def written(parsed: Parsed) -> Written:
    """Rewrite *parsed*, which must have no syntax errors."""
    writer = _Writer(parsed)
    parsed.tree.root.visit(writer.visit)
    if writer.renamed & writer.names:
        line, name = 1, min(writer.renamed & writer.names)
        writer.problems.append(Unwritable(line, f"{name} is also the new name of an escaped name"))
    return Written(
        "".join([*writer.pieces, "\n"]),
        tuple(writer.problems),
        frozenset(writer.names | writer.renamed),
        tuple(writer.left_out),
    )


class _Writer:
    """State of one walk over a tree: the text written so far, and the current line."""

    def __init__(self, parsed: Parsed) -> None:
        self.pieces: list[str] = []
        self.problems: list[Unwritable] = []
        self.names: set[str] = set()
        self.renamed: set[str] = set()
        """New names of the escaped identifiers."""
        self.left_out: list[Unwritable] = []
        self._parsed = parsed
        self._checks = held_checks(parsed)
        self._data, self._manager = parsed.data, parsed.tree.sourceManager
        self._macros = b"`" in parsed.data
        self._at = 0
        """Byte offset up to which lines have been counted."""
        self._glued = False
        """Whether the next token follows without a space."""
        self._integer = False
        """Whether the last token was a number without a base."""

    def visit(self, item: Visited) -> VisitAction | None:
        if isinstance(item, Token):
            self._token(item)
            return None
        special = _SPECIAL.get(item.kind)
        if special is None or not special(self, item):
            return None
        return VisitAction.Skip

    def _token(self, token: Token) -> None:
        kind = token.kind
        if kind in _NOTHING or token.isMissing:
            return
        text = spelled(token)
        if not text:
            self._refuse(token, f"{token.rawText[:40]!a} cannot be rewritten")
            return
        if kind == TokenKind.Identifier:
            (self.names if text == token.valueText else self.renamed).add(text)
        if kind == TokenKind.Apostrophe:
            self._glued = True
        self._put(token, text)
        self._glued = kind == TokenKind.Apostrophe
        self._integer = kind == TokenKind.IntegerLiteral

    def _put(self, token: Token, text: str) -> None:
        """Write *text* on the line of *token*."""
        if not self._glued:
            self.pieces.append("\n" * self._lines_to(token) or " ")
        self.pieces.append(text)
        self._glued = self._integer = False

    def _lines_to(self, token: Token) -> int:
        place = token.location
        if self._macros and not self._manager.isFileLoc(place):
            place = self._manager.getFullyExpandedLoc(place)
        if place.offset <= self._at:
            return 0
        lines = self._data.count(b"\n", self._at, place.offset)
        self._at = place.offset
        return lines

    def _refuse(self, item: Visited, reason: str) -> None:
        self.problems.append(Unwritable(self._parsed.line(item), reason))

    def based_number(self, node: SyntaxNode) -> bool:
        words = tokens(node)
        text = "".join(word.rawText for word in words)
        if not NUMBER.fullmatch(text):
            self._refuse(node, f"{text[:40]!a} cannot be rewritten")
        else:
            if self._integer:
                # `#1 'b0`: for some tools the delay would be the size of the number behind it.
                self.pieces[-1] = f"( {self.pieces[-1]} )"
            self._put(words[0], text)
        return True

    def table_field(self, node: SyntaxNode) -> bool:
        """Return one column of a primitive's table: a level, an edge letter, or an edge in parentheses."""
        words = tokens(node)
        text = "".join(word.rawText for word in words)
        if _FIELD.fullmatch(text):
            self._put(words[0], text if text.startswith("(") else " ".join(text))
        else:
            self._refuse(node, f"{text[:40]!a} cannot be rewritten")
        return True

    def together(self, node: SyntaxNode) -> bool:
        """Return tokens that some tools read only without spaces between them."""
        for word in tokens(node):
            self._token(word)
            self._glued = True
        self._glued = False
        return True

    def integer_parameter(self, node: SyntaxNode) -> bool:
        """Write `parameter int unsigned` as `bit [31:0]`, which is the same type: Icarus 11 reads no sign here."""
        if node.parent.kind != SyntaxKind.ParameterDeclaration or len(words := tokens(node)) != _SIGNED_TYPE:
            return False
        sign = "signed " if words[1].kind == TokenKind.SignedKeyword else ""
        self._put(words[0], f"bit {sign}[ {_TOP_BITS[node.kind]} : 0 ]")
        return True

    def any_change(self, node: SyntaxNode) -> bool:
        self._put(tokens(node)[0], "@*")
        return True

    def nothing(self, node: SyntaxNode) -> bool:
        del node
        return True

    def call(self, node: SyntaxNode) -> bool:
        if loads(node):
            return self._leave_out(
                node, f"{task_of(node)} of a file that is not here: the memory stays unknown"
            )
        return only_prints(node) and self._leave_out(node, task_of(node))

    def immediate(self, node: SyntaxNode) -> bool:
        return only_checks(node) and self._leave_out(node, "an assertion that only prints")

    def concurrent(self, node: SyntaxNode) -> bool:
        return assertion(node) and self._leave_out(node, plain_words(node.kind))

    def elaboration_task(self, node: SyntaxNode) -> bool:
        return harmless(node, ENDS) and self._leave_out(node, "a check of parameters")

    def initial(self, node: SyntaxNode) -> bool:
        return place_of(node) in self._checks and self._leave_out(node, "a check of parameters that holds")

    def _leave_out(self, node: SyntaxNode, what: str) -> bool:
        """Leave *node* out; write an empty block where the grammar needs a statement."""
        self.left_out.append(Unwritable(self._parsed.line(node), what))
        if node.parent.kind not in _LISTS:
            self._put(tokens(node)[0], "begin end")
        return True


_LISTS = frozenset(
    {
        *(SyntaxKind.CompilationUnit, SyntaxKind.ModuleDeclaration, SyntaxKind.PackageDeclaration),
        *(SyntaxKind.InterfaceDeclaration, SyntaxKind.GenerateRegion, SyntaxKind.GenerateBlock),
    }
)
"""Lists that may be empty, so a member can be left out."""
_SIGNED_TYPE = 2
"""The words of an integer type with a sign and no dimensions."""
_TOP_BITS = {
    SyntaxKind.ByteType: 7,
    SyntaxKind.ShortIntType: 15,
    SyntaxKind.IntType: 31,
    SyntaxKind.LongIntType: 63,
}
_NOTHING = frozenset({TokenKind.EndOfFile, TokenKind.Placeholder})
_FIELD = re.compile(r"[01xXbB?rRfFpPnN*\-]+|\([01xXbB?]{2}\)")
_SPECIAL: dict[SyntaxKind, Callable[[_Writer, SyntaxNode], bool]] = {
    SyntaxKind.IntegerVectorExpression: _Writer.based_number,
    SyntaxKind.UdpEdgeField: _Writer.table_field,
    SyntaxKind.UdpSimpleField: _Writer.table_field,
    SyntaxKind.ImplicitEventControl: _Writer.any_change,
    SyntaxKind.WildcardPortConnection: _Writer.together,
    SyntaxKind.PackageImportItem: _Writer.together,
    SyntaxKind.AttributeInstance: _Writer.nothing,
    SyntaxKind.TimeUnitsDeclaration: _Writer.nothing,
    SyntaxKind.SpecifyBlock: _Writer.nothing,
    SyntaxKind.ExpressionStatement: _Writer.call,
    SyntaxKind.ImmediateAssertStatement: _Writer.immediate,
    SyntaxKind.ElabSystemTask: _Writer.elaboration_task,
    SyntaxKind.InitialBlock: _Writer.initial,
    **dict.fromkeys(CONCURRENT, _Writer.concurrent),
    **dict.fromkeys(_TOP_BITS, _Writer.integer_parameter),
}
"""Nodes with their own writer; it returns False where the plain tokens are right."""
