"""Scorecards side by side as tables: text, HTML and LaTeX."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.record import digest
from ct_retrain.core.records.leaderboard import Leaderboard, LeaderboardTable, Standing
from ct_retrain.core.records.problem import JUDGED_BY, Estimate
from ct_retrain.report.formatting import points, share
from ct_retrain.report.pages import rendered


class TableView(NamedTuple):
    """One table as it is shown, whatever the form."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def views(board: Leaderboard) -> list[TableView]:
    """Return for each table the scores, then pass@1 by category."""
    return [view for table in board.tables for view in (_scores(table), _categories(table))]


def remarks(board: Leaderboard) -> list[str]:
    """Return what must be read with the tables: what is not compared, and what the figures are."""
    how = f"{share(board.confidence)} intervals (two-level bootstrap over problems and answers), each taken alone"
    tests = "two-sided and exact (sign flips; McNemar's test where there is one answer a problem)"
    return [*board.apart, *_judged(board), f"In brackets {how}; p is {tests}."]


def _judged(board: Leaderboard) -> Iterator[str]:
    """Yield what a score means where no testbench with a passing golden judges."""
    for table in board.tables:
        card = table.standings[0].card
        for judged_by, count in card.judged_otherwise.items():
            yield f"{table.suite}: {count} of {len(card.passes)} problems are {JUDGED_BY[judged_by]}."


def _scores(table: LeaderboardTable) -> TableView:
    ks = sorted({k for one in table.standings for k in one.card.pass_at_k if k != "1"}, key=int)
    columns = ("scorecard", "pass@1", *(f"pass@{k}" for k in ks), f"points over {table.base}", "p", "answers")
    rows = tuple(
        (
            one.name,
            _estimate(one.card.functional),
            *(_estimate(one.card.pass_at_k.get(k)) for k in ks),
            *_difference(one),
            f"{one.card.functional.problems} × {one.card.sampling.samples}",
        )
        for one in table.standings
    )
    return TableView(f"{table.suite}, judged by {table.judge.name} {table.judge.version}", columns, rows)


def _categories(table: LeaderboardTable) -> TableView:
    cards = [one.card.categories for one in table.standings]
    names = sorted({name for card in cards for name in card})
    rows = tuple((name, *(_estimate(card.get(name)) for card in cards)) for name in names)
    columns = ("category", *(one.name for one in table.standings))
    return TableView(f"{table.suite}: pass@1 by category", columns, rows)


def _estimate(one: Estimate | None) -> str:
    return f"{share(one.value)} [{one.low * 100:.1f}, {one.high * 100:.1f}]" if one else "–"


def _difference(one: Standing) -> tuple[str, str]:
    found = one.difference
    if found is None:
        return one.remark, "–"
    p_value = f"{found.p_value:.3f}" if found.p_value >= 0.001 else "< 0.001"
    return f"{points(found.value)} [{points(found.low)}, {points(found.high)}]", p_value


def as_html(board: Leaderboard) -> str:
    """Return one page without scripts or network access."""
    context = {"views": views(board), "remarks": remarks(board), "source": digest(board)}
    return rendered("leaderboard.html.j2", context).decode()


def as_latex(board: Leaderboard) -> str:
    """Return a `tabular` for each table, with the rules of booktabs; what must be read with them is a comment."""
    said = "".join(f"% {one}\n" for one in remarks(board))
    return said + "\n".join(_tabular(view) for view in views(board))


def _tabular(view: TableView) -> str:
    rows = "".join(f"{_latex_row(row)}\n" for row in view.rows)
    head = f"\\toprule\n{_latex_row(view.columns)}\n\\midrule\n"
    columns = "l" + "r" * (len(view.columns) - 1)
    title = f"% {view.title}\n"
    return f"{title}\\begin{{tabular}}{{{columns}}}\n{head}{rows}\\bottomrule\n\\end{{tabular}}\n"


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join("".join(_LATEX.get(one, one) for one in cell) for cell in cells) + r" \\"


_LATEX = {
    **{one: f"\\{one}" for one in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "×": r"$\times$",
    "–": "--",
}
