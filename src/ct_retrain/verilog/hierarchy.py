"""Texts of several modules: leave some out, keep what one module needs, complete an answer with the others."""

from collections.abc import Collection
from functools import lru_cache

from ct_retrain.verilog.modules import defined, instantiated, tops
from ct_retrain.verilog.pieces import ELEMENTS, pieces


def below(text: str, top: str) -> str:
    """Return *text* without the modules that *top* does not need; "" if it does not define *top*."""
    read = pieces(text)
    bodies = {piece.name: read.text(piece) for piece in read.found if piece.kind == "module"}
    needed: set[str] = set()
    waiting = [top] if top in bodies else []
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += (one for one in instantiated(bodies[name]) if one in bodies and one not in needed)
    return _without(text, bodies.keys() - needed) if needed else ""


def completed(rtl: str, reference: str, module: str) -> str:
    """Return *rtl* after the modules and packages of *reference* that it lacks, but for *module*."""
    others = _without(reference, {module, *(piece.name for piece in pieces(rtl).found if piece.name)})
    return f"{others.strip()}\n{rtl}" if any(one.kind in ELEMENTS for one in pieces(others).found) else rtl


@lru_cache(maxsize=8)
def root(text: str, module: str) -> str:
    """Return the first module of *text* that none instantiates and that needs *module*; *module* if there is none.

    Cached, because many designs are compared with one text.
    """
    return next((name for name in tops(text) if module in defined(below(text, name))), module)


def _without(text: str, names: Collection[str]) -> str:
    """Return *text* without its elements called *names*."""
    read = pieces(text)
    kept, at = "", 0
    for piece in read.found:
        if piece.kind in ELEMENTS and piece.name in names:
            kept += read.scanned.text[at : piece.start]
            at = piece.end
    return kept + read.scanned.text[at:]
