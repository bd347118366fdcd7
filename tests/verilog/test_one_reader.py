"""What the guard approves is what every tool reads: tokens of odd texts, seen by lexers that share no code."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.verilog.odd_texts import drawn, mutated

from ct_retrain.verilog.canonical import written
from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.tree import parse, tokens

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "one_reader").glob("*.v"))
REAL = sorted((HERE.parents[1] / "src/ct_retrain/suites/behavioural").glob("*/golden.v"))

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

LEXER = re.compile(
    r'(?P<string>"(?:[ !#-\[\]-~]|\\[0-7]{3})*")|(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)'
    r"|(?P<based>'[sS]?[bodhBODH])(?P<digits>[0-9a-fA-FxXzZ?_]+)|(?P<bit>'[01xXzZ])"
    r"|(?P<real>[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?(?:[munpf]?s)?(?![A-Za-z0-9_]))|(?P<edge>\([01xXbB?]{2}\))"
    r"|(?P<sign><<<=|>>>=|===|!==|==\?|!=\?|<<<|>>>|<->|->>|<<=|>>=|&&&|\*\*|&&|\|\||==|!=|<=|>=|<<|>>|->|=>|\+\+|--"
    r"|\+=|-=|\*=|/=|%=|&=|\|=|\^=|~&|~\||~\^|\^~|::|\+:|-:|'\{|[-+*/%&|^~!<>=?:;,.()\[\]{}@#'])"
)
"""The lexical rules of the standard as far as a canonical text needs them; written from it, not from the writer."""


def lexed(text: str) -> list[str]:
    """The tokens of *text*, which must consist of nothing else but single spaces and line ends."""
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \n":
            at += 1
            continue
        match = LEXER.match(text, at)
        assert match, text[at : at + 40]
        found += [match["based"], match["digits"]] if match["based"] else [match[0]]
        at = match.end()
    return found


def parsed_tokens(text: str) -> list[str]:
    """The tokens of *text* as the guard's parser has them."""
    parsed = parse(text)
    assert parsed is not None
    words = [word.rawText for word in tokens(parsed.tree.root) if word.rawText]
    return re.sub(r"\( ([01xXbB?]{2}) \)", r"(\1)", " ".join(words)).split(" ") if "table" in words else words


def agreed(text: str) -> str:
    """The canonical text of *text*, once everything that can be said of it alone holds; "" where there is none."""
    made = approve(text).text
    if not made:
        return ""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', made)
    assert re.fullmatch(r"[ -~\n]*", made), ascii(made)
    assert not re.search(r"[`\\]|//|/\*|\(\*", outside), outside
    if '"' not in made:
        assert lexed(made) == parsed_tokens(made), made
    else:
        assert len(lexed(made)) == len(parsed_tokens(made)), made
    parsed = parse(made)
    assert parsed is not None
    assert written(parsed).text == made
    return made


def forging(text: str) -> bool:
    """Whether the guard finds nothing against *text* although Icarus would print for it; checks all on the way."""
    made = agreed(text)
    report = approve(text)
    return bool(made) and report.report == ((), ()) and printed(made)


def printed(text: str) -> bool:
    """Whether Icarus, which compiles and runs *text* alone, prints the payload."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "a.v").write_bytes(text.encode())
        compiler = ["iverilog", "-g2012", "-o", "a.vvp", "a.v"]
        subprocess.run(compiler, cwd=name, capture_output=True, check=False, timeout=60)
        if not Path(name, "a.vvp").is_file():
            return False
        program = ["sh", "-c", "ulimit -t 5; exec vvp -n a.vvp"]
        return b"FORGED" in subprocess.run(program, cwd=name, capture_output=True, check=False).stdout


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_a_known_disagreement_of_parsers_is_none_any_more(path: Path) -> None:
    text = path.read_bytes().decode()

    assert not forging(text)


def test_the_corpus_would_be_noticed() -> None:
    raw = [path.stem for path in CORPUS if printed(path.read_bytes().decode())]

    assert len(raw) >= 5, raw


@pytest.mark.parametrize("path", REAL, ids=[path.parent.name for path in REAL])
def test_real_designs_keep_their_tokens(path: Path) -> None:
    text = path.read_text()

    assert agreed(text)
    assert approve(text).report == ((), ())


def preprocessed(texts: Iterable[str]) -> str:
    """All of *texts* after Icarus' preprocessor, without its line markers."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "a.v").write_text("".join(texts))
        subprocess.run(["iverilog", "-E", "-o", "b.v", "a.v"], cwd=name, check=True)
        flat = Path(name, "b.v").read_text()
    return re.sub(r"^`line.*\n|^\s*\n", "", flat, flags=re.MULTILINE)


def bulk(first: int, count: int) -> tuple[int, int]:
    """Check that many texts from the seed *first*: how many were written anew, and how many of them were run."""
    made: list[str] = []
    run = 0
    sources = [path.read_text() for path in REAL]
    for seed in range(first, first + count):
        text = drawn(seed)
        if seed % 3 == 0:
            chance = random.Random(seed)
            text = mutated(chance.choice(sources), chance)
        canonical = agreed(text)
        if canonical:
            made.append(canonical)
            if seed % 20 == 0 and approve(text).report == ((), ()):
                run += 1
                assert not printed(canonical), (seed, text)
    assert preprocessed(made) == re.sub(r"^\s*\n", "", "".join(made), flags=re.MULTILINE)
    return len(made), run


def test_odd_texts_are_read_alike_by_everybody() -> None:
    made, run = bulk(0, 1500)

    assert made > 200
    assert run > 5


def test_a_call_in_front_of_attributes_is_left_out_like_any_other() -> None:
    assert "$display" not in agreed(
        'module m(input c);\ninitial $display("x")(* full_case, b = 1 *);\nendmodule\n'
    )
    assert approve("module m(input c);\ninitial $finish(* b *);\nendmodule\n").report.refused


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("always @(posedge c) q <= #1 4'b1010;", "q <= # ( 1 ) 4'b1010 ;"),
        ("always @(posedge c) q <= #1 'd9;", "q <= # ( 1 ) 'd9 ;"),
        ("always @(posedge c) q <= #1 c;", "q <= # 1 c ;"),
        ("localparam int unsigned N = 4;", "localparam bit [ 31 : 0 ] N = 4 ;"),
        ("parameter byte signed N = 4;", "parameter bit signed [ 7 : 0 ] N = 4 ;"),
        ("parameter int N = 4;", "parameter int N = 4 ;"),
        ("int unsigned n;", "int unsigned n ;"),
    ],
)
def test_what_tools_read_differently_gets_a_spelling_that_all_read(code: str, made: str) -> None:
    text = f"module m(input c, output reg [3:0] q);\n{code}\nendmodule\n"

    assert made in agreed(text)
    assert approve(text).report == ((), ())


@pytest.mark.slow
def test_many_more_odd_texts_are_read_alike_by_everybody() -> None:
    until, seed, made = time.monotonic() + 60, 1_000_000, 0
    while time.monotonic() < until:
        made += bulk(seed, 1000)[0]
        seed += 1000

    assert made > 1000


TEXTS = int(os.environ.get("CT_TEST_TEXTS", "10000000"))
"""How many the exhaustive run draws: hours on a few cores."""


@pytest.mark.exhaustive
def test_ten_million_odd_texts_are_read_alike_by_everybody() -> None:
    with ProcessPoolExecutor() as pool:
        starts = range(10_000_000, 10_000_000 + TEXTS, 2000)
        made = sum(found for found, _ in pool.map(bulk, starts, [2000] * len(starts)))

    assert made > TEXTS // 10, sys.version
