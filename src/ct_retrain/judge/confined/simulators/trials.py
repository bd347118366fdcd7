"""Makes the changed testbenches and idle designs by which a pass is tested before it is believed.

`judge.simulators.pass_check` and `judge.simulators.perturbation` decide what is tested and what the results mean; the texts are
made here, in the confined process.
"""

import hashlib
from collections.abc import Sequence

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.simulators.answer import Answer, Bench
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.evidence.harness import NAME_BLANK, Harness, Style
from ct_retrain.judge.evidence.random_streams import KEY_BLANK
from ct_retrain.judge.evidence.wrapper import recital_tests, wrapper, wrapper_name
from ct_retrain.verilog.modules import Module, defined, modules, outputs
from ct_retrain.verilog.packages import packages_alone
from ct_retrain.verilog.stub import Level, idled, stub


def forcing(bench: Bench, rtl: str, level: Level, held: str = "") -> Bench | str:
    """Return *bench* with the design's output *held*, or all outputs, forced to *level*; a sentence if impossible.

    For testbenches that look inside the design, with which an idle design does not compile.
    """
    ports = [port for port in outputs(modules(rtl), bench.made.wanted) if held in {"", port}]
    if not bench.made.instances or not ports:
        return "the testbench instantiates the design where its outputs cannot be forced"
    value = {"0": "'b0", "1": "~'b0", "x": "'bx", "z": "'bz", "echo": "'b0"}[level]
    forces = "".join(f" force {path}.{port} = {value};" for path in bench.made.instances for port in ports)
    top = f"ct_force_{NAME_BLANK}"
    text = f"{bench.flat}\nmodule {top}; initial begin{forces} end endmodule\n"
    return bench._replace(flat=text, made=bench.made._replace(tops=(*bench.made.tops, top)))


def trying(bench: Bench, rtl: str, tried: Experiment) -> Bench | str:
    """Return *bench* prepared for the experiment *tried* on this design; a sentence if that is not possible."""
    flat = bench.flat.replace(KEY_BLANK, tried.stream) if tried.stream else bench.flat
    if not tried.apart:
        return bench._replace(flat=flat)
    key = hashlib.sha256((rtl + tried.held).encode(errors="replace")).hexdigest()[:8]
    names = [name for name in defined(rtl) if name in bench.made.wanted]
    texts = [wrapper(rtl, name, NAME_BLANK, tried, key) for name in names]
    if not all(texts) or not texts:
        return "the design has ports for which there is no wrapper"
    made = bench.made._replace(modules=bench.made.modules | set(map(wrapper_name, names)))
    return bench._replace(flat="\n".join([flat, *texts]), made=made)


def with_experiments(answer: Answer, rtl: str, text: str, made: Harness, packages: tuple[str, ...]) -> Answer:
    """Add to *answer* what a pass is tested by. *text* is *rtl* as the guard rewrote it, with *packages* it shares."""
    if answer.outcome is not Outcome.PASS:
        return answer
    shared, known = packages_alone(text, packages), modules(rtl)
    return answer._replace(
        partly=_partly_idle(text, made),
        stubs=tuple((level, shared + idle) for level, idle in stubs(rtl, known, made)),
        loose=made.comparisons.loosely(known, made.wanted),
        draws=made.draws,
        held=recital_tests(rtl, made.wanted),
    )


def stubs(rtl: str, known: Sequence[Module], made: Harness) -> tuple[tuple[Level, str], ...]:
    """Return idle designs of the modules *known*, one per level, which a testbench without a count must fail."""
    if made.style not in {Style.PLAIN, Style.COCOTB}:
        return ()
    mine = [module.name for module in known if module.name in made.wanted]
    levels: tuple[Level, ...] = ("0", "1") if made.style is Style.PLAIN else ("x", "0")
    return tuple((level, "".join(stub(rtl, name, level) for name in mine)) for level in levels)


def _partly_idle(text: str, made: Harness) -> tuple[tuple[str, str], ...]:
    """Return the canonical *text* with each wanted module idle in turn, and with all of them idle.

    This finds a pass that comes from a checker, stimulus or reference which the design itself contains.
    """
    mine = [name for name in defined(text) if name in made.wanted]
    if len(mine) < _SEVERAL:
        return ()
    levels: tuple[Level, ...] = ("0", "1")
    alone = [(name, idled(text, (name,), level)) for name in mine for level in levels]
    return (*alone, *((" and ".join(mine), idled(text, tuple(mine), level)) for level in levels))


_SEVERAL = 2
