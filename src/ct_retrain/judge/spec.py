"""A judge made anew in another process: a description that pickles, and one judge a process made from it.

A Judge holds locks, sockets and workers and stays in its process. Its JudgeSpec goes anywhere, and whoever makes a
judge from it has one that answers alike or a ToolError, never one that answers otherwise.
"""

import threading

from ct_retrain.core.configuration.settings import JudgeSettings, SandboxMode
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Record, Tool
from ct_retrain.judge.judge import Judge


class JudgeSpec(Record):
    """What a judge is made of, and what it must turn out to be; it pickles, and is JSON like every Record.

    The file of known verdicts is not part of it: no shared file system is assumed.

    >>> from ct_retrain import Judge, JudgeSettings, JudgeSpec, judge_of
    >>> with Judge(JudgeSettings()) as judge:
    ...     spec = JudgeSpec.of(judge)
    >>> judge_of(spec).tool == judge.tool  # in any process, on any machine with the same tools
    True
    """

    settings: JudgeSettings
    sandbox: SandboxMode
    tool: Tool
    """Of the verdicts: versions, limits and layers of the sandbox."""
    proving: str
    """Of the proofs: engines, versions and limits."""

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
    """The judge of this process for *spec*, made by the first call; safe to call from many threads.

    Raise ToolError when it cannot be made here, or when its tools are not those that *spec* names.
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
