"""Spells a token in the one way that every Verilog tool reads alike: printable ASCII, plain names, octal escapes.

A spelling holds no white space, no backquote and, outside strings, no backslash, so no lexer can read a directive, a
comment or an escaped name into it, nor split it in two.
"""

import re

from pyslang.parsing import Token, TokenKind

RENAMED = "ct_x"
"""Begins the new name of an escaped identifier that is no plain name; the rest is its bytes in hexadecimal."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_KEYWORDS = frozenset(
    name.removesuffix("Keyword").lower() for name in TokenKind.__members__ if name.endswith("Keyword")
)
"""Without underscores, so a few plain names count as keywords too; escaped, these are renamed, which is harmless."""


def plain_name(name: str) -> str:
    """An identifier without escape for *name*, which is given without its backslash.

    A pure function of the name, so that two texts which are spelled apart from each other still agree.
    """
    if _PLAIN.fullmatch(name) and name.replace("_", "").lower() not in _KEYWORDS:
        return name
    return RENAMED + name.encode("utf-8", "replace").hex()


def spelled(token: Token) -> str:
    """*token* in its canonical spelling; "" for one that has none."""
    kind, raw = token.kind, token.rawText
    if kind == TokenKind.Identifier:
        if _PLAIN.fullmatch(raw):
            return raw
        return plain_name(token.valueText) if raw.startswith("\\") else ""
    if kind == TokenKind.StringLiteral:
        return _string(token)
    if kind == TokenKind.MacromoduleKeyword:
        return "module"
    return raw if _FORMS.get(kind, _FIXED).fullmatch(raw) else ""


_FIXED = re.compile(r"[a-z][a-z0-9_]*|[!#%&()*+,\-./:;<=>?@\[\]^{|}~$']+")
"""A keyword or punctuation; neither holds a quote, a backslash or a backquote."""
_REAL = r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?"
_FORMS = {
    TokenKind.SystemIdentifier: re.compile(r"\$[A-Za-z_][A-Za-z0-9_$]*"),
    TokenKind.IntegerLiteral: re.compile(r"[0-9][0-9_]*"),
    TokenKind.UnbasedUnsizedLiteral: re.compile(r"'[01xXzZ]"),
    TokenKind.RealLiteral: re.compile(_REAL),
    TokenKind.TimeLiteral: re.compile(_REAL + r"(?:s|ms|us|ns|ps|fs)"),
    TokenKind.UnitSystemName: re.compile(r"\$unit"),
    TokenKind.RootSystemName: re.compile(r"\$root"),
}

NUMBER = re.compile(r"(?:[0-9][0-9_]*)?'[sS]?[bBoOdDhH][0-9a-fA-FxXzZ?_]+")
"""A based literal: three tokens to pyslang, written without space between them because some tools need that."""


def _string(token: Token) -> str:
    """A string by its value: what is printable stands for itself, the rest is escaped in octal."""
    try:
        value = token.valueText.encode()
    except UnicodeDecodeError:
        return ""
    # Tools disagree on a NUL inside a string.
    return "" if 0 in value else '"' + "".join(map(_CHARACTERS.__getitem__, value)) + '"'


_CHARACTERS = tuple(
    chr(code) if 32 <= code < 127 and chr(code) not in '"\\`' else f"\\{code:03o}" for code in range(256)
)
"""How a byte of a string is written, by its value."""
