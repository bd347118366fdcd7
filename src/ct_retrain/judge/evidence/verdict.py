"""Read the verdict in a simulation's output, trusting only what the testbench printed.

Required are exactly one verdict, from the testbench, about at least one comparison, with the test's own end
reached and nothing printed by anything else after it. Anything doubtful is NO_EVIDENCE.
"""

import re
from typing import NamedTuple

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.evidence.early_stop import STOP_MARK
from ct_retrain.judge.evidence.harness import (
    END_MARK,
    Harness,
    Nonce,
    Style,
)
from ct_retrain.judge.reading.shown import AnnotatedLine, annotated
from ct_retrain.judge.reading.transcript import PrintedPiece, TranscriptMeaning, understood
from ct_retrain.judge.reading.words import LineMeaning, read_line

BREACH = "what was compiled is not what was examined"
"""Prefix of a detail that no design can cause unless the guard or a compiler is wrong."""


class ReadVerdict(NamedTuple):
    """Core of a verdict: the outcome and how much was compared."""

    outcome: Outcome
    detail: str
    checks: int = 0
    errors: int = 0
    quiet: bool = False
    """Whether a testbench that only reports failures reported none."""


class _Voices(NamedTuple):
    """The output by speaker, without the marks."""

    testbench: list[str]
    pieces: list[tuple[int, str]]
    """(number of the print statement (`judge.reading.sites`), printed text)."""
    others: list[str]
    ended: bool
    """Whether the testbench itself ended the simulation."""
    after: str
    """Text printed by others after the testbench's last line, without the simulator's own messages."""


def read_verdict(made: Harness, mark: str, output: str, exit_code: int) -> ReadVerdict:
    """Return the verdict in *output* of a simulator that ended with *exit_code*."""
    voices = _listen(made, mark, output)
    unread = next((line for line in voices.others if _NO_FILE.search(line)), "")
    if unread:
        return ReadVerdict(
            Outcome.NO_EVIDENCE, f"the testbench reads a file that is not here: {unread[:160]}"
        )
    failed = next((line for line in [*voices.testbench, *voices.others] if _FATAL.match(line)), "")
    if failed:
        return ReadVerdict(Outcome.MISMATCH, failed.strip()[:200])
    if exit_code != 0:
        return ReadVerdict(Outcome.NO_EVIDENCE, f"the simulator ended with exit code {exit_code}")
    finding = _not_ended(made, voices) or _said(made, voices)
    if finding.outcome is Outcome.PASS and voices.after:
        return ReadVerdict(
            Outcome.NO_EVIDENCE, f"something is printed after the verdict: {voices.after[:160]}"
        )
    return finding


def explained(made: Harness, mark: str, output: str) -> tuple[AnnotatedLine, ...]:
    """Return every line of *output* with the rule by which `read` interprets it."""
    voices = _listen(made, mark, output)
    line = {Style.HOUSE: _HOUSE, Style.VERILOGEVAL: _MISMATCHES}.get(made.style)
    if line is None:
        return annotated(made.sites, understood(made.sites, voices.pieces).lines, voices.others)
    heard = [_in_style(said, line, made.style) for said in voices.testbench]
    return annotated(made.sites, heard, voices.others)


def _in_style(said: str, line: re.Pattern[str], style: Style) -> PrintedPiece:
    found = line.fullmatch(said)
    if found is None:
        return PrintedPiece(said, LineMeaning.NOTHING, f"not the verdict line of the {style} style")
    says = LineMeaning.NO if int(found["errors"]) else LineMeaning.YES
    return PrintedPiece(said, says, f"the verdict line of the {style} style")


def _said(made: Harness, voices: _Voices) -> ReadVerdict:
    match made.style:
        case Style.HOUSE:
            return _counted(voices, _HOUSE, "checks")
        case Style.VERILOGEVAL:
            return _counted(voices, _MISMATCHES, "samples")
        case Style.PLAIN:
            return _free(made, voices)
        case Style.COCOTB:
            return ReadVerdict(
                Outcome.NO_EVIDENCE, "cocotb's verdict is in its results file, not in what it prints"
            )


def enough(finding: ReadVerdict, style: Style, expected: int | None) -> ReadVerdict:
    """Return *finding*, unless it is a pass on fewer comparisons than the golden's, or on other samples."""
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
    """Return *output* as the testbench meant it, without the secrets and the end mark."""
    lines = [line for line in output.split("\n") if ended_at(nonce.mark, line) is None]
    text = "\n".join(lines).replace(f"_{nonce.name}", "")
    app = made.style is Style.HOUSE
    if app:
        return text.replace(nonce.mark, "CT_VERDICT")
    first, *said = text.split(f"{nonce.mark} ")
    return first + "".join(_piece(one)[1] for one in said)


def ended_at(mark: str, output: str) -> int | None:
    """Return when a testbench ended the simulation, in its own time units; None if it did not."""
    if mark not in output:
        return None
    return next((int(found["at"]) for found in _END.finditer(output) if found["mark"] == mark), None)


_END = re.compile(rf"^\s*(?P<mark>\S+) {END_MARK} +(?P<at>\d+)\s*$", re.MULTILINE)


def _piece(said: str) -> tuple[str, str]:
    """Split text that the testbench printed after a mark: number of the print statement ("" without one),
    words.
    """
    number = _SITE.match(said)
    return (number[1], said[number.end() :]) if number else ("", said)


_SITE = re.compile(r"(\d+) ")


_HOUSE = re.compile(r"checks=(?P<checks>\d+) errors=(?P<errors>\d+)")
_MISMATCHES = re.compile(r"Mismatches: (?P<errors>\d+) in (?P<checks>\d+) samples")
_FATAL = re.compile(r"(?:FATAL|ERROR): \S+:\d+:")
_NO_FILE = re.compile(r"testbench\.v:\d+: (?:invalid file descriptor|.*Unable to open)")
_OWN = re.compile(
    r"\S+:\d+: \$(?:finish|stop)(?:\(\d\))? called at \d+ \(\w+\)\s*|(?:VCD|FST|LXT2?) (?:info|warning): .*"
)
"""The simulator's own messages: at its end, and about waveforms that it was told to dump."""
_WATCHDOG = re.compile(r"TIMEOUT\W*", re.IGNORECASE)


def _listen(made: Harness, mark: str, output: str) -> _Voices:
    heard = _Voices([], [], [], not made.ends, "")
    for line in output.split("\n"):
        if ended_at(mark, line) is not None:
            heard = heard._replace(ended=True)
        elif f"{mark} " in line:
            pieces = [_piece(said) for said in line.split(f"{mark} ")[1:]]
            heard.testbench.append("".join(text for _, text in pieces).strip())
            heard.pieces.extend((int(number), text) for number, text in pieces if number)
            heard = heard._replace(after="")
        else:
            heard.others.append(line.strip())
            if not heard.after and not _OWN.fullmatch(line):
                heard = heard._replace(after=line.strip())
    return heard


def _not_ended(made: Harness, voices: _Voices) -> ReadVerdict | None:
    """Return the outcome if the testbench gave up or ended early, or something else ended the simulation."""
    # What was printed without a line end stands before it on its line.
    if made.stops and any(said.endswith(STOP_MARK) for said in voices.testbench):
        return ReadVerdict(Outcome.MISMATCH, STOP_MARK, errors=1)
    if any(_WATCHDOG.fullmatch(line) for line in voices.testbench):
        return ReadVerdict(Outcome.TIMEOUT, "the testbench's own watchdog ended the test")
    if made.ends and not voices.ended:
        return ReadVerdict(Outcome.NO_EVIDENCE, "the simulation ended, but not by the testbench")
    return None


def _counted(voices: _Voices, line: re.Pattern[str], noun: str) -> ReadVerdict:
    """Return a verdict that states how much was compared."""
    if any(line.fullmatch(other.removeprefix("CT_VERDICT").strip()) for other in voices.others):
        return ReadVerdict(Outcome.NO_EVIDENCE, "a verdict that the testbench did not give")
    found = [match for said in voices.testbench if (match := line.fullmatch(said))]
    if len(found) != 1:
        return ReadVerdict(
            Outcome.NO_EVIDENCE, f"{len(found) or 'no'} verdict{'s' if len(found) > 1 else ''}, not one"
        )
    checks, errors = int(found[0]["checks"]), int(found[0]["errors"])
    if errors:
        return ReadVerdict(Outcome.MISMATCH, f"{errors} of {checks} {noun} differ", checks, errors)
    if checks == 0:
        return ReadVerdict(Outcome.NO_EVIDENCE, f"the testbench compared nothing: 0 {noun}")
    return ReadVerdict(Outcome.PASS, f"{checks} {noun} agree", checks)


def _free(made: Harness, voices: _Voices) -> ReadVerdict:
    """Return the verdict of a free-form testbench."""
    foreign = next((line for line in voices.others if read_line(line).says is LineMeaning.YES), "")
    if foreign:
        return ReadVerdict(Outcome.NO_EVIDENCE, f"a verdict that the testbench did not give: {foreign[:160]}")
    found = understood(made.sites, voices.pieces)
    why = found.why[:200]
    match found.word:
        case TranscriptMeaning.FAIL:
            return ReadVerdict(Outcome.MISMATCH, why, found.checks, found.errors)
        case TranscriptMeaning.STUCK:
            return ReadVerdict(Outcome.TIMEOUT, why, found.checks, found.errors)
        case TranscriptMeaning.PASS:
            return ReadVerdict(Outcome.PASS, why, max(1, found.checks))
        case TranscriptMeaning.UNCLEAR:
            return ReadVerdict(Outcome.NO_EVIDENCE, why)
        case TranscriptMeaning.QUIET:
            return ReadVerdict(Outcome.PASS, why, quiet=True)
