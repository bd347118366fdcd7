"""Workers at rest, shared by everything that judges or proves; as many come to be as threads ask at once."""

import threading
from typing import Any

from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.sandbox.workers import Sandbox, Worker


class Pool:
    """Hands every question to a worker of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self.layers: tuple[str, ...] = ()
        """Of the sandbox, as far as they are known: those of the last worker that came up."""

    def ask(self, job: dict[str, Any], limits: Limits, patience: float = 0.0) -> dict[str, Any]:
        """The answer of a worker to *job*, within *patience* (see `Worker`); raise ToolError when there is none."""
        with self._lock:
            self._idle = [worker for worker in self._idle if worker.ours]
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker(self._sandbox)
        self.layers = worker.layers
        try:
            answer = worker.ask(job, limits, patience)
        except BaseException:
            # Its pipe may hold half an answer: what it says next would be taken for another design's.
            worker.close()
            raise
        if worker.alive:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()
        return answer

    def with_yowasp(self, module: str) -> "Pool":
        """Another pool, whose workers have yosys' compiled *module*, and room for it."""
        return Pool(self._sandbox._replace(yowasp=module, memory_mb=self._sandbox.memory_mb + _MODULE_MB))

    def close(self) -> None:
        """End the workers at rest; new ones come when they are asked for."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


_MODULE_MB = 1024
"""Address space of the compiled module and of the threads that run it."""
