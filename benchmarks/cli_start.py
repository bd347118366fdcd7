"""What a command-line library costs at start: CPU seconds of the same two-command program, and of ours.

Usage: .venv/bin/python benchmarks/cli_start.py [repeats]
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BARE = "pass"

CLICK = """
import click

@click.group()
def main(): "Two commands."

@main.command()
@click.option("--night", default="today", help="The night to run.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def run(night, dry_run): "Run a night."

@main.command()
def status(): "Say where we are."

main()
"""

TYPER = """
import typer

main = typer.Typer(help="Two commands.")

@main.command()
def run(
    night: str = typer.Option("today", help="The night to run."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would happen."),
): "Run a night."

@main.command()
def status(): "Say where we are."

main()
"""


def cpu_seconds(command: list[str]) -> float:
    """User and system time of *command*, which must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as scratch:
        commands = {}
        for name, text in {"bare python": BARE, "click": CLICK, "typer": TYPER}.items():
            program = Path(scratch, f"with_{name.split()[-1]}.py")
            program.write_text(text)
            commands[f"{name} --help"] = [sys.executable, str(program), "--help"]
            commands[f"{name} run"] = [sys.executable, str(program), "run"]
        commands["ct-retrain --help"] = [str(Path(sys.executable).with_name("ct-retrain")), "--help"]
        print(f"{'command':<22}{'median':>9}{'least':>9}   CPU seconds, {repeats} runs")
        for name, command in commands.items():
            try:
                times = [cpu_seconds(command) for _ in range(repeats)]
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{name:<22}  {error}")
                continue
            print(f"{name:<22}{statistics.median(times):>9.3f}{min(times):>9.3f}")


if __name__ == "__main__":
    main()
