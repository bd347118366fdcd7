"""Plants for `decontamination.py`: the ways in which a benchmark problem comes back in a training set, as edits of its text.

Paraphrases and translations are made by rules: synonyms, other sentences around ports and another order of
sentences; and a dictionary of about 150 words into German, which leaves names, numbers and code as they are, as
translators of such sets do. They are cruder than a model's.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    AnsiPortListSyntax,
    BinaryExpressionSyntax,
    ModuleDeclarationSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.core.records.problem import Problem
from ct_retrain.verilog.modules import modules
from ct_retrain.verilog.tree import Parsed, Span, items_of, nodes, parse, tokens


class Plant(NamedTuple):
    """A row made from a problem."""

    question: str
    answer: str


Edit = tuple[Span, str]
Kind = Callable[[str, str, random.Random], Plant | None]
"""Makes a Plant of a question and a golden; None where this kind changes nothing in them."""


def copied(question: str, golden: str, _: random.Random) -> Plant:
    return Plant(question, golden)


def wrapped(question: str, golden: str, _: random.Random) -> Plant:
    before = "Sure! The module below meets the specification; its outputs follow the description above."
    return Plant(
        f"### Instruction:\n{question}\n### Response:", f"{before}\n\n```verilog\n{golden}```\nDone."
    )


def commented(question: str, golden: str, chance: random.Random) -> Plant:
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", golden, flags=re.DOTALL)
    lines = [f"  {line.strip()} // {chance.choice(_REMARKS)}" for line in bare.splitlines() if line.strip()]
    return Plant(question, "// generated\n" + "\n\n".join(lines) + "\n")


_REMARKS = ("drive the output", "keep state", "see the spec", "next value", "lint: ok")


def renamed(question: str, golden: str, chance: random.Random) -> Plant | None:
    """The module and everything inside get other names; ports keep theirs."""
    kept = {port.name for module in modules(golden) for port in module.ports}
    return _with_names(question, golden, chance, kept)


def ports_renamed(question: str, golden: str, chance: random.Random) -> Plant | None:
    return _with_names(question, golden, chance, set())


def _with_names(question: str, golden: str, chance: random.Random, kept: set[str]) -> Plant | None:
    parsed = parse(golden)
    if parsed is None or parsed.errors or "`" in re.sub(r"`timescale[^\n]*", "", golden):
        return None
    named = [token for token in tokens(parsed.tree.root) if token.kind == TokenKind.Identifier]
    old = list(dict.fromkeys(token.valueText for token in named if token.valueText not in kept))
    new = {name: f"{chance.choice(_STEMS)}_{number}" for number, name in enumerate(old)}
    edits = [(parsed.span(token), new[token.valueText]) for token in named if token.valueText in new]
    outer = {module.name for module in modules(golden)} | {
        port.name for module in modules(golden) for port in module.ports
    }
    asked = question
    for name in sorted(outer & set(new), key=len, reverse=True):
        asked = re.sub(rf"(?<![\w']){re.escape(name)}(?!\w)", new[name], asked)
    return Plant(asked, _edited(golden, [(span, text) for span, text in edits if span]))


_STEMS = ("sig", "node", "blk", "val", "tmp", "net", "w", "port")


def constants(question: str, golden: str, _: random.Random) -> Plant | None:
    """Sized literals in another base, and plain where 32 bits are wide enough and no braces stand around."""

    def other(found: re.Match[str]) -> str:
        width, base, digits = found["width"], found["base"].lower(), found["digits"].replace("_", "")
        value = int(digits, {"b": 2, "o": 8, "d": 10, "h": 16}[base])
        return f"{width}'h{value:X}" if base == "d" else f"{width}'d{value}"

    changed = re.sub(
        r"(?P<width>\d+)\s*'(?P<base>[bodhBODH])(?P<digits>[0-9a-fA-F_]+)\b(?![?xXzZ])", other, golden
    )
    return Plant(question, changed) if changed != golden else None


def reordered(question: str, golden: str, chance: random.Random) -> Plant | None:
    """Assignments, blocks and ports of each module in another order."""
    parsed = parse(golden)
    if parsed is None or parsed.errors or "`" in golden:
        return None
    edits = []
    for node in nodes(parsed.tree.root):
        if isinstance(node, ModuleDeclarationSyntax):
            kinds = {
                SyntaxKind.ContinuousAssign,
                SyntaxKind.AlwaysBlock,
                SyntaxKind.AlwaysCombBlock,
                SyntaxKind.AlwaysFFBlock,
            }
            edits += _shuffled(
                parsed, [one for one in items_of(node, "members", SyntaxNode) if one.kind in kinds], chance
            )
        elif isinstance(node, AnsiPortListSyntax):
            ports = items_of(node, "ports", SyntaxNode)
            if all(re.match(r"\s*(?:input|output)\b", str(port)) for port in ports):
                edits += _shuffled(parsed, ports, chance)
    return Plant(question, _edited(golden, edits)) if edits else None


def _shuffled(parsed: Parsed, members: Sequence[SyntaxNode], chance: random.Random) -> list[Edit]:
    spans = [span for one in members if (span := parsed.span(one))]
    if len(spans) < 2 or len(spans) < len(members):
        return []
    order = spans[1:] + spans[:1] if len(spans) < 4 else chance.sample(spans, len(spans))
    data = parsed.data
    return [(place, data[one.start : one.end].decode()) for place, one in zip(spans, order, strict=True)]


_COMMUTE = frozenset(["&", "|", "^", "+", "*", "==", "!=", "&&", "||"])


def rewritten(question: str, golden: str, _: random.Random) -> Plant | None:
    """Operands change places, and a bitwise operation becomes its dual of De Morgan."""
    parsed = parse(golden)
    if parsed is None or parsed.errors or "`" in golden:
        return None
    edits, until = [], -1
    for node in nodes(parsed.tree.root):
        span = parsed.span(node)
        if not isinstance(node, BinaryExpressionSyntax) or span is None or span.start < until:
            continue
        operator, left, right = node.operatorToken.rawText, parsed.text(node.left), parsed.text(node.right)
        if operator in _COMMUTE and left and right:
            dual = {"&": "|", "|": "&"}.get(operator)
            text = f"(~((~({right})) {dual} (~({left}))))" if dual else f"({right} {operator} {left})"
            edits.append((span, text))
            until = span.end
    return Plant(question, _edited(golden, edits)) if edits else None


def paraphrased(question: str, golden: str, chance: random.Random) -> Plant:
    return Plant(paraphrase(question, chance), golden)


def paraphrased_and_renamed(question: str, golden: str, chance: random.Random) -> Plant | None:
    made = ports_renamed(question, golden, chance)
    return Plant(paraphrase(made.question, chance), made.answer) if made else None


def paraphrased_alone(question: str, _: str, chance: random.Random) -> Plant:
    return Plant(paraphrase(question, chance), _PROSE)


def translated(question: str, golden: str, _: random.Random) -> Plant:
    return Plant(translate(question), golden)


def translated_and_rewritten(question: str, golden: str, chance: random.Random) -> Plant | None:
    made = rewritten(question, golden, chance) or constants(question, golden, chance)
    return Plant(translate(question), made.answer) if made else None


def translated_alone(question: str, _: str, __: random.Random) -> Plant:
    return Plant(translate(question), _PROSE)


_PROSE = "The key is to separate the state from the output logic and to decide the reset first."


def paraphrase(text: str, chance: random.Random) -> str:
    """Other words, ports as sentences, sentences in another order."""
    text = re.sub(
        r"I would like you to implement a module named (\w+) with the following\s+interface\.",
        r"We need a block called \1; its pins are listed.",
        text,
    )
    text = re.sub(
        r"Please act as a professional verilog designer\.", "You write hardware for a living.", text
    )
    text = re.sub(
        r"^\s*-\s*(input|output)\s+(\w+)\s*(\(\d+ bits?\))?", r"\2 is an \1 pin \3.", text, flags=re.MULTILINE
    )
    words = re.sub(r"[A-Za-z]+", lambda found: _SYNONYMS.get(found[0].lower(), found[0]), text)
    pieces = [piece.strip() for piece in re.split(r"(?<=[.:;])\s+|\n\s*\n", words) if piece.strip()]
    head, body = pieces[:1], pieces[1:]
    if len(body) < 12:
        chance.shuffle(body)
    return "\n".join([*body, *head])


_SYNONYMS = dict(
    pair.split("=")
    for pair in [
        "implement=design",
        "should=must",
        "module=block",
        "circuit=network",
        "when=whenever",
        "if=in~case",
        "otherwise=else",
        "following=below",
        "indicates=shows",
        "output=produces",
        "outputs=results",
        "specified=stated",
        "unless=except~where",
        "all=each",
        "positive=rising",
        "negative=falling",
        "clock=clk~line",
        "value=number",
        "using=with",
        "build=make",
        "create=make",
        "assume=suppose",
        "this=that",
        "will=shall",
        "has=owns",
        "have=own",
        "given=provided",
        "next=subsequent",
        "state=condition",
        "machine=automaton",
        "counter=count~unit",
        "register=storage",
        "reset=clear",
        "signal=line",
        "synchronous=clocked",
        "asynchronous=unclocked",
        "both=the~two",
        "set=raised",
        "zero=nil",
        "low=down",
        "high=up",
        "shift=move",
        "consider=look~at",
        "described=explained",
        "by=through",
        "same=identical",
        "different=distinct",
        "are=get",
        "must=has~to",
        "each=every",
    ]
)
_SYNONYMS = {key: value.replace("~", " ") for key, value in _SYNONYMS.items()}


def translate(text: str) -> str:
    """Into German, word by word; what the dictionary does not hold stays."""
    return re.sub(
        r"(?<![\w\[])[A-Za-z]+(?![\w\]])", lambda found: _GERMAN.get(found[0].lower(), found[0]), text
    )


_GERMAN = dict(
    pair.split("=")
    for pair in [
        "the=das",
        "a=ein",
        "an=ein",
        "is=ist",
        "are=sind",
        "and=und",
        "or=oder",
        "of=von",
        "to=zu",
        "in=im",
        "on=auf",
        "at=bei",
        "by=durch",
        "with=mit",
        "for=für",
        "from=aus",
        "not=nicht",
        "no=kein",
        "if=wenn",
        "when=sobald",
        "then=dann",
        "else=sonst",
        "otherwise=andernfalls",
        "that=welches",
        "this=dieses",
        "it=es",
        "its=sein",
        "you=Sie",
        "we=wir",
        "i=ich",
        "would=möchte",
        "like=gern",
        "should=soll",
        "will=wird",
        "must=muss",
        "can=kann",
        "has=hat",
        "have=haben",
        "be=sein",
        "been=gewesen",
        "module=Modul",
        "implement=entwerfen",
        "implements=verwirklicht",
        "implementing=Entwurf",
        "interface=Schnittstelle",
        "following=folgenden",
        "named=namens",
        "name=Name",
        "input=Eingang",
        "inputs=Eingänge",
        "output=Ausgang",
        "outputs=Ausgänge",
        "port=Anschluss",
        "ports=Anschlüsse",
        "bit=Bit",
        "bits=Bits",
        "one=eins",
        "two=zwei",
        "three=drei",
        "four=vier",
        "zero=null",
        "unless=sofern",
        "all=alle",
        "each=jeder",
        "any=irgendein",
        "both=beide",
        "specified=angegeben",
        "otherwise=sonst",
        "signal=Signal",
        "signals=Signale",
        "clock=Takt",
        "clk=clk",
        "edge=Flanke",
        "positive=steigende",
        "negative=fallende",
        "rising=steigende",
        "falling=fallende",
        "triggered=ausgelöst",
        "register=Register",
        "registers=Register",
        "reset=Rücksetzen",
        "synchronous=synchron",
        "asynchronous=asynchron",
        "active=aktiv",
        "high=hohem",
        "low=niedrigem",
        "state=Zustand",
        "states=Zustände",
        "machine=Automat",
        "next=nächster",
        "current=aktuell",
        "value=Wert",
        "values=Werte",
        "counter=Zähler",
        "count=zählen",
        "counts=zählt",
        "counting=Zählen",
        "set=gesetzt",
        "logic=Logik",
        "circuit=Schaltung",
        "gate=Gatter",
        "combinational=kombinatorische",
        "sequential=sequentielle",
        "shift=Schieben",
        "left=links",
        "right=rechts",
        "read=lesen",
        "write=schreiben",
        "data=Daten",
        "address=Adresse",
        "memory=Speicher",
        "enable=Freigabe",
        "load=laden",
        "valid=gültig",
        "ready=bereit",
        "result=Ergebnis",
        "operation=Vorgang",
        "sum=Summe",
        "carry=Übertrag",
        "adder=Addierer",
        "difference=Differenz",
        "number=Zahl",
        "numbers=Zahlen",
        "sequence=Folge",
        "detect=erkennen",
        "detected=erkannt",
        "first=erster",
        "second=zweiter",
        "last=letzter",
        "before=vor",
        "after=nach",
        "until=bis",
        "between=zwischen",
        "than=als",
        "same=gleiche",
        "different=andere",
        "example=Beispiel",
        "time=Zeit",
        "cycle=Zyklus",
        "cycles=Zyklen",
        "period=Periode",
        "width=Breite",
        "size=Größe",
        "length=Länge",
        "less=kleiner",
        "greater=größer",
        "equal=gleich",
        "more=mehr",
        "only=nur",
        "every=jede",
        "per=pro",
        "assume=annehmen",
        "given=gegeben",
        "use=benutzen",
        "using=mittels",
        "used=benutzt",
        "which=welche",
        "where=wo",
        "while=während",
        "there=dort",
        "they=sie",
        "please=bitte",
        "act=handeln",
        "as=als",
        "professional=fachkundiger",
        "designer=Entwickler",
        "design=Entwurf",
        "code=Code",
        "complete=vollständigen",
        "give=geben",
        "me=mir",
        "simulation=Simulation",
        "indicates=anzeigt",
        "indicating=anzeigend",
        "represents=darstellt",
        "start=beginnen",
        "stop=anhalten",
        "stays=bleibt",
        "remains=bleibt",
        "goes=geht",
        "becomes=wird",
        "changes=wechselt",
        "always=immer",
        "whether=ob",
        "into=hinein",
        "out=heraus",
        "up=aufwärts",
        "down=abwärts",
    ]
)


def _edited(text: str, edits: Iterable[Edit]) -> str:
    data, at, pieces = text.encode(), 0, []
    for span, new in sorted(edits, key=lambda edit: edit[0].start):
        pieces += [data[at : span.start], new.encode()]
        at = span.end
    return b"".join([*pieces, data[at:]]).decode()


COPIES: dict[str, Kind] = {
    "copied": copied,
    "answer in prose and fences": wrapped,
    "comments and spacing": commented,
    "renamed": renamed,
    "ports renamed": ports_renamed,
    "reordered": reordered,
}
REWRITTEN: dict[str, Kind] = {
    "constants rewritten": constants,
    "expressions rewritten": rewritten,
    "question paraphrased": paraphrased,
    "paraphrased, ports renamed": paraphrased_and_renamed,
    "question translated": translated,
    "translated, rewritten": translated_and_rewritten,
}
QUESTIONS: dict[str, Kind] = {
    "paraphrased, no design": paraphrased_alone,
    "translated, no design": translated_alone,
}


def plants(kind: Kind, problems: Iterable[Problem], seed: int) -> Iterator[tuple[str, Plant]]:
    """A plant of *kind* for every problem that it changes anything in, behind the problem's name."""
    for problem in problems:
        made = kind(problem.spec, problem.golden, random.Random(f"{seed} {problem.id}"))
        if made is not None:
            yield problem.id, made
