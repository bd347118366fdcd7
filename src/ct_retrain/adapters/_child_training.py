"""The program that `_training_process` runs: it trains in this process, or in one for each device.

python -P -m ct_retrain.adapters._child_training OUT [--download] [--spare-memory] [--devices N]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ct_retrain.adapters import _checkpoints, _child_events, _full_disk, _ranks


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the plan in the directory that *arguments* name; an error of ours is told on standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--download", action="store_true")
    parser.add_argument("--spare-memory", action="store_true")
    parser.add_argument("--devices", type=int, default=1)
    chosen = parser.parse_args(arguments)
    work = (chosen.out, chosen.download, chosen.spare_memory)
    if chosen.devices == 1:
        _train(*work, rank=0)
    else:
        _ranks.run_ranks(chosen.devices, _train, *work)


def _train(out: Path, download: bool, spare_memory: bool, rank: int) -> None:  # noqa: FBT001
    with _child_events.forwarding(events=rank == 0):
        from ct_retrain.adapters.qlora import InProcessTrainer

        here = InProcessTrainer(download=download, spare_memory=spare_memory)
        with _full_disk.explained(out):
            here.fit(_checkpoints.plan_in(out), out)


if __name__ == "__main__":
    main()
