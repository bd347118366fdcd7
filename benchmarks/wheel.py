"""How large the wheel is, what it holds, and what an installation of it takes without and with its libraries.

    python benchmarks/wheel.py

Builds it from the checkout, and installs it from the package index into an empty environment.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
MIB = 1 << 20


def built(where: Path, kind: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(where)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return max(where.iterdir(), key=lambda path: path.stat().st_mtime_ns)


PARTS = {"/demo/model/": "the demo's model", "/behavioural/": "the built-in suite", ".dist-info/": "metadata"}


def parts(wheel: Path) -> Counter[str]:
    """Part of the wheel → compressed bytes."""
    found: Counter[str] = Counter()
    for one in zipfile.ZipFile(wheel).infolist():
        part = next((part for mark, part in PARTS.items() if mark in one.filename), "code and templates")
        found[part] += one.compress_size
    return found


def size(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file())


def installed(where: Path, *arguments: str) -> int:
    """Bytes of an environment with what pip's *arguments* install, less those of an empty one."""
    subprocess.run([sys.executable, "-m", "venv", where], check=True)
    empty = size(where)
    pip = [str(where / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *arguments], check=True)
    return size(where) - empty


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        wheel, source = built(place / "wheel", "wheel"), built(place / "sdist", "sdist")
        print(f"{wheel.stat().st_size / MIB:7.1f} MiB  {wheel.name}")
        for part, count in parts(wheel).most_common():
            print(f"{count / MIB:7.1f} MiB    {part}")
        print(f"{source.stat().st_size / MIB:7.1f} MiB  {source.name}")
        alone = installed(place / "alone", "--no-deps", str(wheel))
        print(f"{alone / MIB:7.1f} MiB  installed, without libraries")
        print(f"{installed(place / 'all', str(wheel)) / MIB:7.1f} MiB  installed, with what it requires")


if __name__ == "__main__":
    main()
