"""What a simulation's output says, believed only where the testbench said it.

Exactly one verdict, given by the testbench, about at least one check, with the test's own end reached and nothing
said by anybody else after it; anything doubtful is NO_EVIDENCE.
"""

import re
from typing import NamedTuple

from ct_retrain.core.verdict import Outcome
from ct_retrain.judge.harness import END_MARK, Harness, Nonce, Style

BREACH = "what was compiled is not what was examined"
"""Begins the detail of a verdict that no design can cause unless the guard or a compiler is wrong."""


class Finding(NamedTuple):
    """The verdict's core: what was said and how much was compared."""

    outcome: Outcome
    detail: str
    checks: int = 0
    errors: int = 0


class _Voices(NamedTuple):
    """The output by speaker; the mark is gone from both."""

    testbench: list[str]
    others: list[str]
    ended: bool
    """The testbench itself ended the simulation."""
    after: str
    """What somebody else said after the testbench's last word; the simulator's own farewell does not count."""


def read(made: Harness, mark: str, output: str, exit_code: int) -> Finding:
    """The verdict in *output* of a simulator that ended with *exit_code*."""
    voices = _listen(made, mark, output)
    failed = next((line for line in [*voices.testbench, *voices.others] if _FATAL.match(line)), "")
    if failed:
        return Finding(Outcome.MISMATCH, failed.strip()[:200])
    if exit_code != 0:
        return Finding(Outcome.NO_EVIDENCE, f"the simulator ended with exit code {exit_code}")
    finding = _not_ended(made, voices) or _said(made.style, voices)
    if finding.outcome is Outcome.PASS and voices.after:
        return Finding(Outcome.NO_EVIDENCE, f"somebody speaks after the verdict: {voices.after[:160]}")
    return finding


def _said(style: Style, voices: _Voices) -> Finding:
    match style:
        case Style.HOUSE:
            return _counted(voices, _HOUSE, "checks")
        case Style.VERILOGEVAL:
            return _counted(voices, _MISMATCHES, "samples")
        case Style.PLAIN:
            return _worded(voices)
        case Style.COCOTB:
            return Finding(
                Outcome.NO_EVIDENCE, "cocotb's verdict is in its results file, not in what it prints"
            )


def enough(finding: Finding, style: Style, expected: int | None) -> Finding:
    """*finding*, unless it is a pass about fewer checks than the golden's, or about others where they are samples."""
    if expected is None or finding.outcome is not Outcome.PASS:
        return finding
    exact = style in {Style.VERILOGEVAL, Style.COCOTB}
    same = finding.checks == expected if exact else finding.checks >= expected
    if same:
        return finding
    return finding._replace(
        outcome=Outcome.NO_EVIDENCE, detail=f"{finding.checks} checks, and the golden's run made {expected}"
    )


def clean(made: Harness, nonce: Nonce, output: str) -> str:
    """*output* as the testbench meant it, without the secrets and the end mark."""
    lines = [line for line in output.split("\n") if line.strip() != f"{nonce.mark} {END_MARK}"]
    text = "\n".join(lines).replace(f"_{nonce.name}", "")
    house = made.style is Style.HOUSE
    return text.replace(nonce.mark, "CT_VERDICT") if house else text.replace(f"{nonce.mark} ", "")


_HOUSE = re.compile(r"checks=(?P<checks>\d+) errors=(?P<errors>\d+)")
_MISMATCHES = re.compile(r"Mismatches: (?P<errors>\d+) in (?P<checks>\d+) samples")
_FATAL = re.compile(r"(?:FATAL|ERROR): \S+:\d+:")
_FAREWELL = re.compile(r"\S+:\d+: \$(?:finish|stop)(?:\(\d\))? called at \d+ \(\w+\)\s*")
_WATCHDOG = re.compile(r"TIMEOUT\W*", re.IGNORECASE)


_LONGEST_LINE = 2000
"""Characters that are read of a line; verdicts are shorter, and searching is not to take forever."""


def _listen(made: Harness, mark: str, output: str) -> _Voices:
    testbench: list[str] = []
    others: list[str] = []
    ended = not made.ends
    after = ""
    for whole in output.split("\n"):
        line = whole[:_LONGEST_LINE]
        if line.strip() == f"{mark} {END_MARK}":
            ended = True
        elif f"{mark} " in line:
            testbench.append(line.replace(f"{mark} ", "").strip())
            after = ""
        else:
            others.append(line.strip())
            after = after or ("" if _FAREWELL.fullmatch(line) else line.strip())
    return _Voices(testbench, others, ended, after)


def _not_ended(made: Harness, voices: _Voices) -> Finding | None:
    """The testbench gave up, or somebody else ended the simulation."""
    if any(_WATCHDOG.fullmatch(line) for line in voices.testbench):
        return Finding(Outcome.TIMEOUT, "the testbench's own watchdog ended the test")
    if made.ends and not voices.ended:
        return Finding(Outcome.NO_EVIDENCE, "the simulation ended, but not by the testbench")
    return None


def _counted(voices: _Voices, line: re.Pattern[str], noun: str) -> Finding:
    """A verdict that says how much was compared."""
    if any(line.fullmatch(other.removeprefix("CT_VERDICT").strip()) for other in voices.others):
        return Finding(Outcome.NO_EVIDENCE, "a verdict that the testbench did not give")
    found = [match for said in voices.testbench if (match := line.fullmatch(said))]
    if len(found) != 1:
        return Finding(
            Outcome.NO_EVIDENCE, f"{len(found) or 'no'} verdict{'s' if len(found) > 1 else ''}, not one"
        )
    checks, errors = int(found[0]["checks"]), int(found[0]["errors"])
    if errors:
        return Finding(Outcome.MISMATCH, f"{errors} of {checks} {noun} differ", checks, errors)
    if checks == 0:
        return Finding(Outcome.NO_EVIDENCE, f"the testbench compared nothing: 0 {noun}")
    return Finding(Outcome.PASS, f"{checks} {noun} agree", checks)


_ZERO = re.compile(
    r"(?:\b(?:no|0|zero|without(?: any)?)\s+(?:errors?|failures?|failed|fails|mismatch(?:es)?)\b)"
    r"|(?:\b(?:errors?|failures?|failed|fails|mismatch(?:es)?|tests? failed)\s*(?:count)?\s*[:=]\s*0+\b(?!\.))",
    re.IGNORECASE,
)
_FAIL = re.compile(
    r"fail|error|mismatch|incorrect|wrong|unexpected|\bbad\b|not\s+(?:pass|correct|ok)", re.IGNORECASE
)
_FINAL = re.compile(
    r"your\s+design\s+pass|all\b.*\bpass|all\b.*\bsuccess|(?:test|testbench|simulation|verification|design)s?\s+(?:is\s+|has\s+)?(?:pass|success)"
    r"|(?:test|simulation)s?\s+completed\s+success|^\W*pass(?:ed)?\W*$|\bpass(?:ed)?\s*[:=]\s*[1-9]",
    re.IGNORECASE,
)
_PASS = re.compile(r"\bpass|success|\bcorrect\b|\bok\b", re.IGNORECASE)


def _worded(voices: _Voices) -> Finding:
    """A verdict in words: no word of failure, and a word of success."""
    if any(_FINAL.search(line) for line in voices.others):
        return Finding(Outcome.NO_EVIDENCE, "a verdict that the testbench did not give")
    said = [_ZERO.sub("", line) for line in voices.testbench]
    failures = [line for line, plain in zip(voices.testbench, said, strict=True) if _FAIL.search(plain)]
    if failures:
        return Finding(Outcome.MISMATCH, failures[0][:200], errors=len(failures))
    final = [line for line in said if _FINAL.search(line)]
    passes = [line for line in said if _PASS.search(line)]
    if len(final) > 1 and len(set(final)) == 1 and len(final) == len(passes):
        return Finding(Outcome.PASS, f"{len(passes)} checks passed", len(passes))
    if len(final) == 1 or (not final and passes):
        return Finding(Outcome.PASS, (final or passes)[-1][:200], max(1, len(passes)))
    return Finding(Outcome.NO_EVIDENCE, f"{len(final) or 'no'} verdict lines, not one")
