"""The guard on files of well-known repositories: how many it reads, and why it refuses the others.

    python benchmarks/guard.py LIST REPOSITORIES

LIST names a file a line, as `owner+name path: anything`; REPOSITORIES holds git directories as for harvest.py. Each
file is read as a trace with it would hand it over: with what it includes, and with the packages and interfaces of its
repository that it names. Nothing of the repositories is kept.
"""

import argparse
import os.path
import re
from collections import Counter
from pathlib import Path

from ct_retrain.stages._several_files import SharedFiles, whole
from ct_retrain.trace import FileRefusal
from ct_retrain.verilog.guard import approve
from harvest import Tree, tree_of

_DEFINES = re.compile(r"^\s*(?:package|interface)\s+(?:automatic\s+)?(\w+)", re.MULTILINE)
_USES = re.compile(r"\b(\w+)\s*(?:::|\.\w+\s+\w+)")
_SOURCES = (".v", ".sv", ".svh")


def definitions(tree: Tree) -> dict[str, list[str]]:
    """Package or interface → the files of *tree* that define it."""
    found: dict[str, list[str]] = {}
    for name in tree.names:
        if name.endswith(_SOURCES):
            for defined in _DEFINES.findall(tree.read(name).decode("utf-8", "replace")):
                found.setdefault(defined, []).append(name)
    return found


def needed(tree: Tree, known: dict[str, list[str]], name: str) -> list[str]:
    """*name* behind the files with the packages and interfaces that it uses, however indirectly."""
    order: list[str] = []

    def add(one: str, above: tuple[str, ...]) -> None:
        for used in _USES.findall(tree.read(one).decode("utf-8", "replace")):
            places = known.get(used, [])
            if places and one not in places:
                nearest = max(places, key=lambda place: len(os.path.commonpath([place, name])))
                if nearest not in order and nearest not in above:
                    add(nearest, (*above, nearest))
        order.append(one)

    add(name, (name,))
    return order


def refusal(tree: Tree, known: dict[str, list[str]], name: str) -> str:
    """Why the guard refuses the file *name*; "" where it does not."""

    def read(key: str, wanted: str) -> bytes | FileRefusal:
        del key
        found = wanted if wanted in tree.names else tree.near(wanted, name)
        return FileRefusal("artefact_missing", wanted) if found is None else tree.read(found)

    text = whole("rtl_file", needed(tree, known, name), read, SharedFiles())
    if isinstance(text, FileRefusal):
        return text.detail
    return "; ".join(map(str, approve(text.data.decode("utf-8", "replace")).report.refused[:3]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path)
    parser.add_argument("repositories", type=Path)
    options = parser.parse_args()
    trees: dict[str, tuple[Tree, dict[str, list[str]]]] = {}
    counts: Counter[str] = Counter()
    for line in options.files.read_text().splitlines():
        repository, _, rest = line.partition(" ")
        name = rest.partition(": ")[0]
        if repository not in trees:
            row = {"repo": repository.replace("+", "/", 1), "commit": "HEAD"}
            tree = tree_of(options.repositories, row)
            if isinstance(tree, str):
                counts["missing"] += 1
                print(f"missing: {tree}")
                continue
            trees[repository] = tree, definitions(tree)
        why = refusal(*trees[repository], name)
        counts["refused" if why else "read"] += 1
        if why:
            print(f"{repository} {name}: {why}")
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
