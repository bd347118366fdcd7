"""Rewrite a design for old yosys releases: without packages, `return`, void functions and packed arrays.

Old releases, which distributions ship, read none of them, and correct designs use them. What cannot be
rewritten (a `return` in a loop, two packages with one name) is left unchanged for yosys to report. The input
must be in the spelling of `verilog.canonical`: no directives, no macros.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from pyslang.parsing import Token
from pyslang.syntax import (
    BlockStatementSyntax,
    CaseStatementSyntax,
    CompilationUnitSyntax,
    ConditionalStatementSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    DefaultCaseItemSyntax,
    FunctionDeclarationSyntax,
    InterfacePortHeaderSyntax,
    ModuleDeclarationSyntax,
    NetDeclarationSyntax,
    PackageImportDeclarationSyntax,
    ReturnStatementSyntax,
    ScopedNameSyntax,
    StandardCaseItemSyntax,
    SyntaxKind,
    SyntaxNode,
    TypedefDeclarationSyntax,
)

from ct_retrain.verilog.edits import Edit, edited
from ct_retrain.verilog.kinds import function_name, identifiers
from ct_retrain.verilog.packages import packages_in
from ct_retrain.verilog.packed_arrays import flattened
from ct_retrain.verilog.tree import Parsed, enclosing, items_of, nodes, parse

_LONGEST = 1 << 18
"""Maximum length in characters of a rewritten function; code after an `if` is copied to both branches."""


class _StaysError(Exception):
    """The construct cannot be rewritten."""


@lru_cache(maxsize=8)
def older(text: str) -> str:
    """Return *text* in the smaller language, where that means the same."""
    for edits in (_returns, _voids, _packages, _headers, flattened):
        parsed = parse(text)
        if parsed is None or parsed.errors:
            return text
        found = [*edits(parsed)]
        text = edited(parsed.data, found) if found else text
    return text


def _returns(parsed: Parsed) -> Iterator[Edit]:
    """Rewrite functions so that `return` becomes an assignment after which nothing runs."""
    for node in filter(_returning, parsed.of(FunctionDeclarationSyntax)):
        items = items_of(node, "items", SyntaxNode)
        first, last = parsed.span(items[0]), parsed.span(items[-1])
        declared = [item for item in items if isinstance(item, DataDeclarationSyntax)]
        name = function_name(node)
        try:
            body = _run(parsed, name, items[len(declared) :])
        except _StaysError:
            continue
        if first and last:
            before = "\n".join(parsed.text(item) for item in declared)
            yield Edit(first.start, last.end, f"{before}\nbegin\n{body}end")


def _returning(node: SyntaxNode) -> bool:
    return any(isinstance(inner, ReturnStatementSyntax) for inner in nodes(node))


def _run(parsed: Parsed, name: str, statements: Sequence[SyntaxNode]) -> str:
    """Return *statements* of the function *name* in order, until one returns."""
    said = ""
    for at, one in enumerate(statements):
        if not _returning(one):
            said += parsed.text(one) + "\n"
            continue
        said += _until_returned(parsed, name, one, statements[at + 1 :])
        break
    if len(said) > _LONGEST:
        raise _StaysError
    return said


def _until_returned(parsed: Parsed, name: str, one: SyntaxNode, rest: Sequence[SyntaxNode]) -> str:
    """Return the statement *one*, which may return, followed by *rest* where it does not."""

    def then(inner: SyntaxNode | None) -> str:
        return f"begin\n{_run(parsed, name, [*([] if inner is None else [inner]), *rest])}end\n"

    match one:
        case ReturnStatementSyntax():
            value: SyntaxNode | None = getattr(one, "returnValue", None)
            return f"{name} = {parsed.text(value)};\n" if value is not None else ""
        case BlockStatementSyntax():
            items = items_of(one, "items", SyntaxNode)
            if any(isinstance(item, DataDeclarationSyntax) for item in items):
                raise _StaysError
            return _run(parsed, name, [*items, *rest])
        case ConditionalStatementSyntax():
            otherwise = getattr(one, "elseClause", None)
            other = then(getattr(otherwise, "clause", None))
            return f"if ({parsed.text(one.predicate)}) {then(one.statement)}else {other}"
        case CaseStatementSyntax():
            return _case(parsed, one, then)
        case _:
            raise _StaysError


def _case(parsed: Parsed, one: CaseStatementSyntax, then: Callable[[SyntaxNode | None], str]) -> str:
    items = items_of(one, "items", SyntaxNode)
    first, opened = parsed.span(one.caseKeyword), parsed.span(one.closeParen)
    if first is None or opened is None:
        raise _StaysError
    said = parsed.data[first.start : opened.end].decode() + "\n"
    for item in items:
        match item:
            case StandardCaseItemSyntax():
                labels, colon = parsed.span(item.getFirstToken()), parsed.span(item.colon)
                if labels is None or colon is None:
                    raise _StaysError
                said += parsed.data[labels.start : colon.end].decode() + " " + then(item.clause)
            case DefaultCaseItemSyntax():
                said += "default: " + then(item.clause)
            case _:
                raise _StaysError
    if not any(isinstance(item, DefaultCaseItemSyntax) for item in items):
        said += "default: " + then(None)
    return said + "endcase\n"


def _voids(parsed: Parsed) -> Iterator[Edit]:
    """Rewrite void functions as tasks."""
    for node in parsed.of(FunctionDeclarationSyntax):
        if node.prototype.returnType.kind == SyntaxKind.VoidType:
            for item, new in (
                (node.prototype.keyword, "task"),
                (node.prototype.returnType, ""),
                (node.end, "endtask"),
            ):
                yield from _instead(parsed, item, new)


def _packages(parsed: Parsed) -> Iterator[Edit]:
    """Move what packages declare to file scope, without variables that nothing reads."""
    root = parsed.tree.root
    members = items_of(root, "members", SyntaxNode) if isinstance(root, CompilationUnitSyntax) else []
    packages = {package.header.name.valueText: package for package in packages_in(parsed)}
    yield from _unused(parsed, members)
    if not packages or not _apart(members, packages):
        return
    for node in parsed.of(PackageImportDeclarationSyntax, ScopedNameSyntax):
        match node:
            case PackageImportDeclarationSyntax():
                yield from _instead(parsed, node)
            case ScopedNameSyntax():
                left, right = parsed.span(node.left), parsed.span(node.right)
                if left and right and parsed.text(node.left) in packages:
                    yield Edit(left.start, right.start, "")
            case _:
                pass
    for package in packages.values():
        yield from _instead(parsed, package.header)
        yield from _instead(parsed, package.endmodule)
        named = getattr(package, "blockName", None)
        if named is not None:
            yield from _instead(parsed, named)


def _headers(parsed: Parsed) -> Iterator[Edit]:
    """Rewrite `module automatic m` as `module m`, and write each modport in one piece, for old releases."""
    for module in parsed.of(ModuleDeclarationSyntax):
        if module.header.lifetime.valueText:
            yield from _instead(parsed, module.header.lifetime)
    for port in parsed.of(InterfacePortHeaderSyntax):
        yield from _instead(parsed, port, "".join(parsed.text(port).split()))


def _instead(parsed: Parsed, item: SyntaxNode | Token, text: str = "") -> Iterator[Edit]:
    """Return an edit that puts *text* in the place of *item*."""
    span = parsed.span(item)
    if span is not None:
        yield Edit(span.start, span.end, text)


def _apart(members: Sequence[SyntaxNode], packages: dict[str, ModuleDeclarationSyntax]) -> bool:
    """Whether every name of *packages* means one thing in the whole text."""
    outer = Counter(name for member in members for name in _declared(member) if _shared(member))
    own = {name for package in packages.values() for name in _declared(package)}
    inner = {name for member in members if not _shared(member) for name in _declared(member)}
    return all(count == 1 for count in outer.values()) and not own & inner


def _shared(member: SyntaxNode) -> bool:
    return not isinstance(member, ModuleDeclarationSyntax) or member.kind == SyntaxKind.PackageDeclaration


def _declared(node: SyntaxNode) -> set[str]:
    """Return names that *node* declares at any level, except inside its functions and structures."""
    found: set[str] = set()
    for inner in nodes(node):
        match inner:
            case DeclaratorSyntax() | TypedefDeclarationSyntax():
                if not _hidden(inner, node):
                    found.add(inner.name.valueText)
            case FunctionDeclarationSyntax():
                found.add(function_name(inner))
            case _:
                pass
    return found


def _hidden(inner: SyntaxNode, outer: SyntaxNode) -> bool:
    return any(
        isinstance(above, FunctionDeclarationSyntax) or above.kind == SyntaxKind.StructUnionMember
        for above in takewhile(lambda one: one is not outer, enclosing(inner))
    )


def _unused(parsed: Parsed, members: Sequence[SyntaxNode]) -> Iterator[Edit]:
    """Return file-scope variables and nets that nothing uses."""
    found = [one for one in members if isinstance(one, DataDeclarationSyntax | NetDeclarationSyntax)]
    words = Counter(identifiers(parsed.tree.root) if found else ())
    for member in found:
        if all(words[name] == 1 for name in _declared(member)):
            yield from _instead(parsed, member)
