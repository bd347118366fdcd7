"""Limits for parsing in process: pyslang crashes on deep nesting and does not bound macro expansion."""

import re

from ct_retrain.verilog.macro_bound import unbounded

MAX_CHARACTERS = 2 << 20
MAX_DEPTH = 500
MAX_STRETCH = 40_000

_BLOCKS = re.compile(
    r"\b(?:(?P<open>begin|module|macromodule|interface|generate|fork|class|program|package|checker)"
    r"|(?P<close>end|endmodule|endinterface|endgenerate|join|join_any|join_none|endclass|endprogram|endpackage|endchecker))\b"
)
MAX_ELSES = 4000
_ELSE = re.compile(r"\belse\b")
_SEPARATOR = re.compile(r"[;,]")


def too_much(text: str) -> str:
    """Return why *text* must not be parsed in process, or "" if it may be."""
    if len(text) > MAX_CHARACTERS:
        return f"the text is longer than {MAX_CHARACTERS} characters"
    if len(text) > MAX_STRETCH and _stretch(text) > MAX_STRETCH:
        return f"more than {MAX_STRETCH} characters without a separator"
    if _depth(text) > MAX_DEPTH:
        return f"blocks are nested deeper than {MAX_DEPTH}"
    if text.count("else") > MAX_ELSES and len(_ELSE.findall(text)) > MAX_ELSES:
        return f"more than {MAX_ELSES} else, which may be one chain"
    return unbounded(text)


def _stretch(text: str) -> int:
    return max(len(piece) for piece in _SEPARATOR.split(text))


def _depth(text: str) -> int:
    depth = deepest = 0
    for block in _BLOCKS.finditer(text):
        depth = depth + 1 if block["open"] else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
