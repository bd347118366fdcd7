"""Read the files of suites that are published as directories."""

from pathlib import Path

from ct_retrain.core.records.verdict import DataFile


def text_of_file(file: Path) -> str:
    """Read a file in any encoding, since a comment must not lose a problem."""
    return file.read_text(encoding="utf-8", errors="replace")


def files_beside(home: Path, testbench: str) -> tuple[DataFile, ...]:
    """Return the files beside the testbench that its text names."""
    beside = sorted(
        file for file in home.iterdir() if file.is_file() and file.suffix in {".dat", ".txt", ".hex", ".mem"}
    )
    return tuple(
        DataFile(name=file.name, text=text_of_file(file)) for file in beside if file.name in testbench
    )
