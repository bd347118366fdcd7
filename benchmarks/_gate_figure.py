"""The gate's operating curves as one SVG picture."""

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from ct_retrain import disk

COLOURS = ("#b91c1c", "#d97706", "#6b7280", "#0b6e4f")


def draw(
    curves: dict[int, dict[int, dict[str, dict[str, float]]]], rules: Sequence[str], target: Path
) -> None:
    """Draw a panel for each number of samples into *target*; equal curves give equal bytes."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ct-retrain"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(9, 6.8), layout="constrained", sharex=True, sharey=True)
    for (samples, curve), axes in zip(curves.items(), panels.flat, strict=True):
        points = list(curve)
        for rule, colour in zip(rules, COLOURS, strict=True):
            shares = [curve[one][rule]["promote"] for one in points]
            axes.plot(points, shares, color=colour, marker="o", markersize=3, linewidth=2, label=rule)
        held = [curve[one][rules[-1]]["hold"] for one in points]
        axes.plot(points, held, color=COLOURS[-1], linestyle=":", linewidth=1.5, label=f"{rules[-1]}: held")
        axes.axvline(0, color="#9ca3af", linewidth=0.8)
        axes.set_title(f"k = {samples}", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    figure.supxlabel("true difference to last nightly, points of pass@1", fontsize=10)
    figure.supylabel("share of nights", fontsize=10)
    figure.legend(
        *panels[0, 0].get_legend_handles_labels(), frameon=False, ncols=5, loc="outside upper center"
    )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    disk.write_bytes(target, buffer.getvalue())
