"""Spell each token in the one way that all Verilog tools read alike: printable ASCII, plain names, octal
escapes.

A spelling holds no white space, no backquote and, outside strings, no backslash. So no lexer can read a
directive, a comment or an escaped name into it, or split it in two.
"""

import re

from pyslang.parsing import Token, TokenKind

RENAMED = "ct_x"
"""Prefix of the new name of an escaped identifier that is not plain; its bytes in hexadecimal follow."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_KEYWORDS = frozenset(
    name.removesuffix("Keyword").lower() for name in TokenKind.__members__ if name.endswith("Keyword")
)
"""Keywords without underscores. Some plain names count as keywords; renaming their escaped form is safe.
"""


def plain_name(name: str) -> str:
    """Return an unescaped identifier for *name*, which is given without its backslash.

    It depends on the name only, so texts that are rewritten separately still agree.
    """
    if _PLAIN.fullmatch(name) and name.replace("_", "").lower() not in _KEYWORDS:
        return name
    return RENAMED + name.encode("utf-8", "replace").hex()


def spelled(token: Token) -> str:
    """Return the canonical spelling of *token*; "" if it has none."""
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
"""A keyword or punctuation, without quotes, backslashes and backquotes."""
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
"""A based literal: three tokens in pyslang, written without spaces because some tools need that."""


def _string(token: Token) -> str:
    """Return a string literal from its value; unprintable bytes are escaped in octal."""
    try:
        value = token.valueText.encode()
    except UnicodeDecodeError:
        return ""
    # Tools disagree on a NUL inside a string.
    return "" if 0 in value else '"' + "".join(map(_CHARACTERS.__getitem__, value)) + '"'


_CHARACTERS = tuple(
    chr(code) if 32 <= code < 127 and chr(code) not in '"\\`' else f"\\{code:03o}" for code in range(256)
)
"""The spelling of each byte value in a string."""
