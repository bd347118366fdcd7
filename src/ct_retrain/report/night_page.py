"""Contents of a night's page: outcome and reason first, then the evidence, then its origin."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue

from ct_retrain.core.records.decision import Comparison
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CollectFacts,
    ManifestRef,
    NightOutcome,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.records.problem import Problem, Scorecard
from ct_retrain.core.rules.next_step import after
from ct_retrain.report import plots
from ct_retrain.report.challengers import COLUMNS, challenger_rows
from ct_retrain.report.charts import Table
from ct_retrain.report.formatting import (
    OUTCOMES,
    arm_name,
    arms_in,
    duration,
    line,
    moment,
    opening,
    points,
    share,
    size,
    span,
    words,
)
from ct_retrain.report.groups import group_table, grouped
from ct_retrain.report.harvest import decontamination, harvest_summary
from ct_retrain.report.heatmap import SHOWN, SIGNS, HeatMap, heat_map
from ct_retrain.report.report_inputs import (
    History,
    NightFiles,
    ReportInputs,
    read_night,
)
from ct_retrain.report.top_failures import problems_of, top_failures

_MARGINS = {"champion": ("gate.margin_champion", 0.01), "mainline": ("gate.margin_mainline", 0.015)}
_NEEDED = ("min_delta_score", 0.01)


class Tile(NamedTuple):
    """One figure, shown large."""

    name: str
    value: str
    note: str = ""


class Hint(NamedTuple):
    """A suggested next step."""

    said: str
    command: str = ""


class Flips(NamedTuple):
    """Problems that changed in the same direction."""

    said: str
    names: tuple[str, ...]


class Hero(NamedTuple):
    """The head of the page."""

    sign: str
    tone: str
    headline: str
    serving: str
    later: tuple[str, ...]
    """What became of its release since."""
    next: tuple[Hint, ...]


def night_context(inputs: ReportInputs, history: History, record: NightRecord) -> dict[str, Any]:
    """Return everything that the template of a night's page needs."""
    night = read_night(inputs, record)
    problems, unread = problems_of(inputs)
    shown = top_failures(inputs, night, problems)
    categories = {name: problem.category for name, problem in problems.items()}
    heat = _heat(inputs, history, record, categories)
    notes = [*night.missing, *history.missing, *([unread] if unread and shown.shown else [])]
    return {
        "record": record,
        "hero": _hero(inputs, history, night),
        "tiles": list(_tiles(record)),
        "missing": notes,
        "before": _neighbour(history, record, -1),
        "after": _neighbour(history, record, 1),
        "heat": heat,
        "filters": heat.filters if heat else (),
        "signs": SIGNS,
        "groups": _groups(inputs, night, problems),
        "failures": shown,
        "harvest": harvest_summary(night),
        "decontamination": decontamination(night),
        "stages": [_stage(ref) for ref in record.stages],
        "where": inputs.workspace.relative(inputs.workspace.record(record.night)),
        **_score(night),
        **_training(inputs, history, night),
        **_provenance(record),
    }


def _groups(inputs: ReportInputs, night: NightFiles, problems: Mapping[str, Problem]) -> Table | None:
    facts = night.of(BenchmarkFacts)
    if not inputs.groups or facts is None or not facts.scorecards:
        return None
    found = grouped(facts.scorecards, problems, inputs.groups, inputs.gate)
    return group_table(facts.scorecards, list(found))


def _neighbour(history: History, record: NightRecord, step: int) -> str | None:
    nights = [one.night for one in history.records]
    place = nights.index(record.night) + step if record.night in nights else -1
    return nights[place] if 0 <= place < len(nights) else None


def _hero(inputs: ReportInputs, history: History, night: NightFiles) -> Hero:
    record = night.record
    sign, tone = OUTCOMES[record.outcome.value]
    after = record.latest or "mainline"
    headline, serving = {
        NightOutcome.PUBLISHED: ("Published", f"After this night {after} was served"),
        NightOutcome.HELD: (
            "Held: not published" if record.adapter else "Held back before training",
            f"After this night {after} was still served",
        ),
        NightOutcome.REJECTED: ("Rejected", f"After this night {after} was still served"),
        NightOutcome.NOTHING_NEW: ("Nothing new", f"After this night {after} was still served"),
    }[record.outcome]
    later = tuple(_later(history, record))
    hints = _next(inputs, night) if not later else ()
    return Hero(sign, tone, headline, serving, later, tuple(hints))


def _later(history: History, record: NightRecord) -> Iterator[str]:
    """Moves from or to this night's release that no publishing night made, since it ended; oldest first."""
    name = f"nightly_{record.night}"
    for move in history.moves:
        if move.at > record.finished and move.who != "night" and name in (move.source, move.target):
            to = move.target or "mainline"
            yield f"{moment(move.at)}: {move.who} from {move.source or 'mainline'} to {to}. {line(opening(move.why))}"


def _next(inputs: ReportInputs, night: NightFiles) -> Iterator[Hint]:
    record = night.record
    step = after(record, night.of(CollectFacts))
    yield Hint(f"Next: {step.said}:", step.command)
    if record.outcome not in {NightOutcome.HELD, NightOutcome.REJECTED}:
        return
    archived = inputs.workspace.archive / record.night
    if archived.is_dir():
        yield Hint("Kept for triage in", inputs.workspace.relative(archived))
    if record.adapter is not None:
        yield Hint(
            "To publish it against the decision:", f'ct-retrain promote {record.night} --force --because "…"'
        )


def _tiles(record: NightRecord) -> Iterator[Tile]:
    figures = record.metrics
    for arm in arms_in(figures):
        yield Tile(f"pass@1, {arm_name(arm)}", share(figures[f"{arm}.functional"]))
    for one in record.decision.evidence.comparisons if record.decision else ():
        note = f"{points(one.low)} to {points(one.high)}"
        yield Tile(f"against {arm_name(one.incumbent)}", f"{points(one.difference)} pp", note)
    if f"{record.arm}.fsm" in figures:
        yield Tile(f"fsm, {arm_name(record.arm)}", share(figures[f"{record.arm}.fsm"]))
    if "curate.new" in figures:
        total = f"{figures.get('curate.examples', 0):,.0f} in the dataset"
        yield Tile("new examples", f"{figures['curate.new']:,.0f}", total)
    yield Tile("took", duration((record.finished - record.started).total_seconds()), moment(record.started))


def _heat(
    inputs: ReportInputs, history: History, record: NightRecord, categories: dict[str, str]
) -> HeatMap | None:
    found = heat_map(inputs, history.until(record, SHOWN), categories)
    return found if found.columns else None


def _score(night: NightFiles) -> dict[str, Any]:
    evidence = night.record.decision.evidence if night.record.decision else None
    facts = night.of(BenchmarkFacts)
    cards = facts.scorecards if facts else ()
    settings = night.record.provenance.settings
    comparisons = evidence.comparisons if evidence else ()
    margins = {name: _number(settings, *bound) for name, bound in _MARGINS.items()}
    return {
        "differences": plots.difference_plot(comparisons, margins, _number(settings, *_NEEDED))
        if comparisons
        else None,
        "categories": plots.scores(cards) if cards else None,
        "evidence": [_compared(one) for one in comparisons],
        "flips": list(_flips(comparisons)),
        "checks": list(_checks(night.record)),
        "ends": _ends(cards),
        "chances": _chances(cards),
    }


def _number(settings: Mapping[str, JsonValue], name: str, default: float) -> float:
    """Return a setting of that night from its record."""
    try:
        return float(str(settings.get(name, default)))
    except ValueError:
        return default


def _compared(one: Comparison) -> tuple[str, ...]:
    return (
        arm_name(one.incumbent),
        f"{points(one.difference)} pp",
        f"{points(one.low)} to {points(one.high)} ({one.confidence * 100:.3g}%)",
        f"{one.p_value:.3f}" if one.p_value >= 0.001 else "< 0.001",
        one.test,
        f"{one.minimum_detectable * 100:.1f} pp",
        f"{one.problems} × {one.samples}",
        str(len(one.won)),
        str(len(one.lost)),
    )


def _flips(comparisons: Sequence[Comparison]) -> Iterator[Flips]:
    for one in comparisons:
        for word, names in (("Won", one.won), ("Lost", one.lost)):
            if names:
                yield Flips(f"{word} against {arm_name(one.incumbent)}", names)


def _checks(record: NightRecord) -> Iterator[tuple[str, ...]]:
    for one in record.decision.evidence.checks if record.decision else ():
        broken = "✕ BROKEN" if one.sure else "✕ broken, maybe by chance"
        yield (
            one.name,
            "✓ holds" if one.holds else broken,
            share(one.value),
            share(one.bound),
            span(one.low, one.high),
            f"{one.n:,}",
            line(one.note),
        )


def _ends(cards: Sequence[Scorecard]) -> Table | None:
    names = sorted(
        {name for card in cards for name in card.outcomes}, key=lambda name: (name != "pass", name)
    )
    rows = [(words(name), *(f"{card.outcomes.get(name, 0):,}" for card in cards)) for name in names]
    return Table(("answers", *(arm_name(card.arm) for card in cards)), rows) if rows else None


def _chances(cards: Sequence[Scorecard]) -> Table | None:
    ks = sorted({int(k) for card in cards for k in card.pass_at_k})
    rows = [(f"pass@{k}", *(_chance(card, str(k)) for card in cards)) for k in ks]
    return Table(("k", *(arm_name(card.arm) for card in cards)), rows) if rows else None


def _chance(card: Scorecard, k: str) -> str:
    found = card.pass_at_k.get(k)
    return f"{share(found.value)} ({span(found.low, found.high)})" if found else "–"


def _training(inputs: ReportInputs, history: History, night: NightFiles) -> dict[str, Any]:
    facts = night.of(TrainFacts)
    knobs = night.record.hyperparameters
    named = [(words(name), line(str(value))) for name, value in knobs] if knobs else []
    if facts is None:
        trained = {key: value for key, value in night.record.metrics.items() if key.startswith("train.")}
        fit = [(key.removeprefix("train."), f"{value:,.4g}") for key, value in trained.items()]
        return {"fit": fit, "losses": None, "knobs": named, "challengers": None, "recipes": ()}
    earlier = history.before(night.record)
    last = read_night(inputs, earlier).of(TrainFacts) if earlier else None
    before = last.fit.losses if last else ()
    losses = plots.curves(facts.fit.losses, before) if facts.fit.losses else None
    rows = list(challenger_rows(night.record, facts))
    return {
        "fit": list(_fit(facts)) if facts.rows else [],
        "losses": losses,
        "knobs": named,
        "challengers": Table(COLUMNS, rows) if rows else None,
        "recipes": tuple(one.told for one in night.record.recipes),
    }


def _fit(facts: TrainFacts) -> Iterator[tuple[str, str]]:
    fit = facts.fit
    yield "base", line(facts.base)
    yield "trainer", line(f"{facts.trainer.name} {facts.trainer.version}")
    yield "rows", f"{fit.examples:,}, {fit.skipped:,} too long"
    yield "steps, epochs", f"{fit.steps:,}, {fit.epochs:.3g}"
    if fit.schedule is not None:
        yield "passes over each harvested row", f"{fit.schedule.passes:.3g}"
        yield "sequences a step", f"{fit.schedule.sequences_a_step:,}"
        yield "learning rate at the first step", f"{fit.schedule.first_learning_rate:.2g}"
    yield "tokens", f"{fit.tokens:,}"
    yield "time", duration(fit.seconds)
    yield "device", line(fit.device)
    if fit.peak_memory:
        yield "peak memory", size(fit.peak_memory)


def _stage(ref: ManifestRef) -> tuple[str, ...]:
    effort = ref.effort
    asked = effort.known + effort.simulated if effort else 0
    known = f"{effort.known / asked:.0%}" if effort and asked else "–"
    worth = duration(effort.seconds) if effort and effort.seconds else "–"
    return ref.stage, duration(ref.seconds), f"{asked:,}" if asked else "–", known, worth, ref.path


def _provenance(record: NightRecord) -> dict[str, Any]:
    made = record.provenance
    commit = made.commit or "not from a checkout"
    return {
        "made_by": [
            ("ct-retrain", made.version),
            ("commit", f"{commit}, with changes that are not committed" if made.dirty else commit),
            ("python", made.python),
            ("platform", made.platform),
            ("host", made.host),
            ("started", moment(record.started)),
            ("finished", moment(record.finished)),
            ("adapter", record.adapter or "–"),
            ("release", record.release or "–"),
        ],
        "tools": [(line(one.name), line(one.version), line(one.detail)) for one in made.tools],
        "packages": [(line(name), line(version)) for name, version in sorted(made.packages.items())],
        "settings": [(line(name), line(str(value), 1000)) for name, value in made.settings.items()],
    }
