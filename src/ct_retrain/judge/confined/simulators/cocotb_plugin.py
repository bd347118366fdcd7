"""A pytest plugin for a harness's own runner: every simulation leaves its results where the judge reads them.

It runs inside the sandbox, in the process that loads the harness's `test_runner.py`. It turns waveforms off and seeds
the runner's random numbers.
"""

import importlib
import itertools
import os
import random
from pathlib import Path
from typing import Any


def pytest_configure() -> None:
    """Before collection: number the runs of every cocotb runner."""
    runner: Any = importlib.import_module("cocotb_tools.runner")
    build, test = runner.Runner.build, runner.Runner.test
    stem, count = os.environ["CT_RESULTS"], itertools.count()

    def numbered(self: Any, *args: Any, **options: Any) -> Any:
        results = Path(f"{stem}-{next(count)}.xml")
        results.with_suffix(".begun").touch()
        return test(self, *args, **{**options, "results_xml": str(results), "waves": False})

    def plain(self: Any, *args: Any, **options: Any) -> Any:
        return build(self, *args, **{**options, "waves": False})

    runner.Runner.test, runner.Runner.build = numbered, plain
    random.seed(int(os.environ["CT_SEED"]))
