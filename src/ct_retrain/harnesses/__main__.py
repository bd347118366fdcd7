"""Print the directory of the tasks of lm-evaluation-harness, for its `--include_path`."""

from pathlib import Path

if __name__ == "__main__":
    print(Path(__file__).parent / "lm_eval")  # noqa: T201 - what it is for
