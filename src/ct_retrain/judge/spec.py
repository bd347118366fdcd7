"""Describes a judge so that another process can make an equal one; one judge per process and description.

A Judge holds locks, sockets and workers, so it cannot be pickled. Its JudgeSpec can, and a judge made from it gives
the same answers; if that is not possible, making it raises ToolError.
"""

import threading

from ct_retrain.core.configuration.settings import JudgeSettings, SandboxMode
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Record, Tool
from ct_retrain.judge.judge import Judge


class JudgeSpec(Record):
    """Settings of a judge, and the tools it must have; it can be pickled, and is JSON like every Record.

    It does not include the cache of verdicts, because machines need not share a file system.

    >>> from ct_retrain import Judge, JudgeSettings, JudgeSpec, judge_of
    >>> with Judge(JudgeSettings()) as judge:
    ...     spec = JudgeSpec.of(judge)
    >>> judge_of(spec).tool == judge.tool  # in any process, on any machine with the same tools
    True
    """

    settings: JudgeSettings
    sandbox: SandboxMode
    tool: Tool
    """Tool of the verdicts: versions, limits and layers of the sandbox."""
    proving: str
    """Tool of the proofs: engines, versions and limits."""

    @classmethod
    def of(cls, judge: Judge) -> "JudgeSpec":
        """Describe *judge*."""
        return cls(
            settings=judge.settings,
            sandbox=judge.sandbox,
            tool=judge.tool,
            proving=judge.prover.proving,
        )


def judge_of(spec: JudgeSpec) -> Judge:
    """Return this process's judge for *spec*, made at the first call; thread-safe.

    Raise ToolError if it cannot be made here, or if its tools differ from those in *spec*.
    """
    with _LOCK:
        if spec not in _MADE:
            _MADE[spec] = _made(spec)
        return _MADE[spec]


_MADE: dict[JudgeSpec, Judge] = {}
_LOCK = threading.Lock()


def _made(spec: JudgeSpec) -> Judge:
    judge = Judge(spec.settings, sandbox=spec.sandbox)
    here = JudgeSpec.of(judge)
    if here == spec:
        return judge
    judge.close()
    wanted, found = (
        f"{one.tool.name} {one.tool.version}, {one.tool.detail}; {one.proving}" for one in (spec, here)
    )
    raise ToolError(
        f"this judge would not answer as the one that was described: install the same tools. "
        f"Wanted: {wanted}. Found: {found}"
    )
