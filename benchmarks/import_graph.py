"""Which rooms of the package import which: a picture in Mermaid, and how many arrows and circles there are.

    python benchmarks/import_graph.py [--inside ct_retrain.nightly] [--modules]

Imports for type checking alone do not count. With `--inside` only one package is drawn, by its own rooms; with
`--modules` every module stands for itself, so that two ways to divide the same modules can be compared.
"""

import argparse
from collections import Counter
from graphlib import CycleError, TopologicalSorter

import grimp

ROOT = "ct_retrain"


def arrows(inside: str, *, modules: bool) -> Counter[tuple[str, str]]:
    """(importing room, imported room) → how many imports of modules it stands for."""
    graph = grimp.build_graph(ROOT, exclude_type_checking_imports=True)
    depth = inside.count(".") + 1

    def room(module: str) -> str:
        words = module.split(".")[depth:]
        return ".".join(words if modules else words[:1]) or "__init__"

    found: Counter[tuple[str, str]] = Counter()
    for importer in graph.modules:
        if not f"{importer}.".startswith(f"{inside}."):
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = room(importer), room(imported)
            if f"{imported}.".startswith(f"{inside}.") and pair[0] != pair[1]:
                found[pair] += 1
    return found


def circle(found: Counter[tuple[str, str]]) -> str:
    """One circle among the arrows, or "none"."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for importer, imported in found:
        order.add(importer, imported)
    try:
        order.prepare()
    except CycleError as error:
        return " → ".join(reversed(error.args[1]))
    return "none"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inside", default=ROOT, help="the package to draw")
    parser.add_argument("--modules", action="store_true", help="every module for itself")
    options = parser.parse_args()
    found = arrows(options.inside, modules=options.modules)
    print("graph TD")
    for (importer, imported), count in sorted(found.items()):
        print(f"  {importer} -- {count} --> {imported}")
    rooms = {room for pair in found for room in pair}
    print(f"%% {options.inside}: {len(rooms)} rooms, {len(found)} arrows, circle: {circle(found)}")


if __name__ == "__main__":
    main()
