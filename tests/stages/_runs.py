"""A workspace of runs that is pleasant to write tests with."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CollectSettings
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Trace
from ct_retrain.core.records.night import CollectFacts
from ct_retrain.stages._artefact_store import pack_files
from ct_retrain.stages.collect import CollectInputs, collect


class Workspace:
    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self.runs = root / "data" / "runs"
        self.runs.mkdir(parents=True)
        self.settings = CollectSettings(**settings)
        self.nights = 0

    def trace(self, run: str) -> Path:
        return self.runs / run / "trace.jsonl"

    def line(self, run: str, status: str = "pass", **payload: Any) -> bytes:
        """A Simulation line of *run*, whose files exist."""
        home = self.runs / run
        home.mkdir(exist_ok=True)
        files = {"spec.txt": "a counter", "top.v": f"module {run}; endmodule", "tb.v": "module tb; endmodule"}
        for name, text in files.items():
            if not (home / name).exists():
                (home / name).write_text(text)
        facts = {
            "status": status,
            "spec_hash": "s1",
            "spec_path": f"data/runs/{run}/spec.txt",
            "rtl_file": f"data/runs/{run}/top.v",
            "testbench_file": "tb.v",
            **payload,
        }
        facts = {key: value for key, value in facts.items() if value is not None}
        entry = {"timestamp": "2026-01-02T03:04:05Z", "run_id": run, "stage": "Simulation", "payload": facts}
        return json.dumps(entry).encode() + b"\n"

    def write(self, run: str, *lines: bytes) -> Path:
        path = self.trace(run)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.writelines(lines)
        return path

    @property
    def out(self) -> Path:
        """Tonight's directory."""
        return self.root / "work" / str(self.nights)

    def night(self, *, hours: float = 0, again: bool = False) -> "Night":
        """Collect, as seen *hours* from now; *again* goes on with the same night."""
        if not again:
            self.nights += 1
            self.out.mkdir(parents=True)
        before = self.root / "work" / str(self.nights - 1) if self.nights > 1 else None
        cutoff = datetime.now(UTC) + timedelta(hours=hours)
        facts = collect(self.out, CollectInputs(self.root, self.runs, before, self.settings, cutoff))
        return Night(self.out, facts)


class Night:
    def __init__(self, out: Path, facts: CollectFacts) -> None:
        self.out = out
        self.facts = facts
        self.traces = list(disk.read_lines(out / "traces.jsonl", Trace))
        self.rejected = list(disk.read_lines(out / "rejected.jsonl", Rejected))

    @property
    def kept(self) -> int:
        """Bytes of all artefacts, each content once."""
        return pack_files(self.out).contents.stat().st_size

    @property
    def places(self) -> list[tuple[str, int]]:
        return [(trace.run_id, trace.line) for trace in self.traces]

    @property
    def refusals(self) -> list[tuple[str, str]]:
        return [(one.subject, one.reason) for one in self.rejected]

    def text(self, sha256: str) -> str:
        with disk.Pack(pack_files(self.out)) as pack:
            return pack.read(sha256).decode()
