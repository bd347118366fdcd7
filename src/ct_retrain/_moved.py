"""Keep the old names of modules (decision 0019) importable for one release, for programs that import
internals.

An old name gives the module itself, with a DeprecationWarning. Delete this file after that release.
"""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader  # importing it takes longer than all the rest of the package

_ROOT = "ct_retrain."
_MOVED: dict[str, str] = {
    "adapters._apart": "adapters._training_process",
    "adapters._bases": "adapters._base_model",
    "adapters._drawing": "adapters._token_sampling",
    "adapters._hotload": "adapters._adapter_loading",
    "adapters._leash": "adapters._parent_watch",
    "adapters._leashed": "adapters._child_programs",
    "adapters._ration": "adapters._token_budget",
    "adapters._relay": "adapters._child_events",
    "adapters.examination": "adapters.doctor_checks",
    "adapters.tracking": "adapters.mlflow_tracker",
    "adapters.vault": "adapters.object_store",
    "cli.look": "cli.show",
    "cli.moved": "cli.after_move",
    "cli.why": "cli.show_details",
    "cluster.vigil": "cluster.watchdog",
    "core.audit": "core.records.audit",
    "core.certificate": "core.records.certificate",
    "core.chat": "core.records.chat",
    "core.dataset": "core.records.dataset",
    "core.decision": "core.records.decision",
    "core.eprocess": "core.rules.eprocess",
    "core.forgetting": "core.rules.forgetting",
    "core.gate": "core.rules.gate",
    "core.guards": "core.rules.guards",
    "core.learning": "core.rules.learning",
    "core.looks": "core.rules.interim_looks",
    "core.rules.mends": "core.rules.remedies",
    "core.mix": "core.rules.mix",
    "core.night": "core.records.night",
    "core.notice": "core.records.notice",
    "core.problem": "core.records.problem",
    "core.prompts": "core.rules.prompts",
    "core.readiness": "core.records.readiness",
    "core.reading": "core.rules.reading_order",
    "core.recipe": "core.rules.recipe",
    "core.relapse": "core.rules.auto_rollback",
    "core.retention": "core.rules.retention",
    "core.scoring": "core.rules.scoring",
    "core.section": "core.configuration.section",
    "core.settings": "core.configuration.settings",
    "core.snapshot": "core.records.snapshot",
    "core.stats": "core.rules.statistics",
    "core.thoughts": "core.rules.thoughts",
    "core.records.tracking": "core.records.tracked",
    "core.tracking": "core.records.tracked",
    "core.training": "core.records.training",
    "core.verdict": "core.records.verdict",
    "importers.said": "importers.reported_status",
    "judge.asking": "judge.simulators.protocol",
    "judge.attack_benches": "judge.attacks.testbenches",
    "judge.attack_joints": "judge.attacks.ports",
    "judge.attack_readers": "judge.attacks.readers",
    "judge.attack_sums": "judge.attacks.adders",
    "judge.attack_texts": "judge.attacks.counters",
    "judge.belief": "judge.simulators.pass_check",
    "judge.cache": "judge.simulators.cached",
    "judge.choice": "judge.simulators.fallback",
    "judge.cocotb": "judge.evidence.cocotb",
    "judge.confined.answer": "judge.confined.simulators.answer",
    "judge.confined.checking": "judge.confined.formal.checking",
    "judge.confined.cocotb_runs": "judge.confined.simulators.cocotb_plugin",
    "judge.confined.compiled": "judge.confined.simulators.verilator_build",
    "judge.confined.confine": "judge.confined.sandbox.confine",
    "judge.confined.engines": "judge.confined.formal.engines",
    "judge.confined.equivalence": "judge.confined.formal.equivalence",
    "judge.confined.kept": "judge.confined.sandbox.tool_cache",
    "judge.confined.monitors": "judge.confined.formal.monitors",
    "judge.confined.process": "judge.confined.sandbox.process",
    "judge.confined.properties": "judge.confined.formal.properties",
    "judge.confined.reach": "judge.confined.sandbox.capabilities",
    "judge.confined.regression": "judge.confined.simulators.cocotb_run",
    "judge.confined.replay": "judge.confined.formal.replay",
    "judge.confined.script": "judge.confined.simulators.naive_run",
    "judge.confined.simulation": "judge.confined.simulators.icarus_run",
    "judge.confined.synthesis": "judge.confined.formal.synthesis",
    "judge.confined.toolchain": "judge.confined.simulators.icarus_tools",
    "judge.confined.trials": "judge.confined.simulators.trials",
    "judge.confined.verilation": "judge.confined.simulators.verilator_run",
    "judge.confined.vvp": "judge.confined.simulators.vvp",
    "judge.confined.yowasp": "judge.confined.formal.yowasp",
    "judge.cosimulation": "judge.simulators.cocotb",
    "judge.evidence.joints": "judge.evidence.connections",
    "judge.experiment": "judge.evidence.experiment",
    "judge.harness": "judge.evidence.harness",
    "judge.holding": "judge.simulators.perturbation",
    "judge.icarus": "judge.simulators.icarus",
    "judge.joints": "judge.evidence.connections",
    "judge.logs": "judge.evidence.logs",
    "judge.looks": "judge.evidence.comparisons",
    "judge.opinion": "judge.second_opinion",
    "judge.pool": "judge.sandbox.pool",
    "judge.scratch": "judge.sandbox.scratch",
    "judge.simulators.belief": "judge.simulators.pass_check",
    "judge.simulators.holding": "judge.simulators.perturbation",
    "judge.streams": "judge.evidence.random_streams",
    "judge.verdict": "judge.evidence.verdict",
    "judge.verilator": "judge.simulators.verilator",
    "judge.wrapper": "judge.evidence.wrapper",
    "nightly.aftermath": "nightly.run.follow_up",
    "nightly.alarms": "nightly.notices.alerts",
    "nightly.archive": "nightly.records.archive",
    "nightly.books": "nightly.records.index",
    "nightly.certified": "nightly.audit.certificate",
    "nightly.check": "nightly.audit.check",
    "nightly.closing": "nightly.run.finish",
    "nightly.evidence": "nightly.audit.recompute",
    "nightly.inspection": "nightly.records.inspection",
    "nightly.leftovers": "nightly.audit.leftovers",
    "nightly.offsite": "nightly.snapshots.upload",
    "nightly.outbox": "nightly.notices.outbox",
    "nightly.promotion": "nightly.releases.promotion",
    "nightly.purge": "nightly.snapshots.purge",
    "nightly.rehearsal": "nightly.run.dry_run",
    "nightly.restore": "nightly.snapshots.restore",
    "nightly.rollback": "nightly.releases.rollback",
    "nightly.standing": "nightly.releases.inventory",
    "nightly.steps": "nightly.run.stages",
    "nightly.story": "nightly.run.run",
    "nightly.succession": "nightly.releases.mainline_evidence",
    "nightly.survey": "nightly.snapshots.index",
    "nightly.tasting": "nightly.run.harvest_check",
    "nightly.underway": "nightly.records.progress",
    "nightly.verify": "nightly.audit.verify",
    "nightly.wording": "nightly.notices.messages",
    "report.instructive": "report.top_failures",
    "report.broken": "breakdowns",
    "report.shelf": "report.report_inputs",
    "report.words": "report.formatting",
    "stages._card": "stages._model_card",
    "stages._clean": "stages._decontamination",
    "stages._frontier": "stages._discovery",
    "stages._harvest": "stages._run_reader",
    "stages._keep": "stages._size_limit",
    "stages._several": "stages._several_files",
    "stages._sources": "stages._inputs",
    "stages._worth": "stages._credibility",
    "trace.reach": "trace.run_files",
    "verilog.backwards": "verilog.input_drivers",
    "verilog.bounds": "verilog.parse_limits",
    "verilog.expansion": "verilog.macro_bound",
    "verilog.mute": "verilog.nonfunctional",
    "verilog.older": "verilog.yosys_compat",
}


class _Elsewhere:
    """Finds a moved module under its new name, and loads it: a finder and a loader by what it can do."""

    def __init__(self) -> None:
        self._own: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        moved = fullname.startswith(_ROOT) and fullname.removeprefix(_ROOT) in _MOVED
        return ModuleSpec(fullname, cast("Loader", self)) if moved else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        now = _ROOT + _MOVED[spec.name.removeprefix(_ROOT)]
        warnings.warn(f"{spec.name} is {now} now", DeprecationWarning, stacklevel=2)
        module = importlib.import_module(now)
        self._own[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing, because the module has already run under its new name."""
        if module.__spec__ is not None:
            module.__spec__ = self._own.pop(module.__spec__.name)


def install() -> None:
    """Make old names importable in this process."""
    if not any(isinstance(finder, _Elsewhere) for finder in sys.meta_path):
        sys.meta_path.append(_Elsewhere())
