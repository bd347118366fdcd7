"""A pool of idle workers, shared by simulators and prover; it grows to as many as threads ask at once."""

import threading
from typing import Any

from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.sandbox.workers import Sandbox, Worker


class Pool:
    """Gives each question to a worker that does nothing else meanwhile."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self.layers: tuple[str, ...] = ()
        """Layers of the sandbox, as reported by the last worker that started; empty before that."""

    def ask(self, job: dict[str, Any], limits: Limits, patience: float = 0.0) -> dict[str, Any]:
        """Return a worker's answer to *job* within *patience* seconds (see `Worker`); raise ToolError if none comes."""
        with self._lock:
            self._idle = [worker for worker in self._idle if worker.ours]
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker(self._sandbox)
        self.layers = worker.layers
        try:
            answer = worker.ask(job, limits, patience)
        except BaseException:
            # Its pipe may hold half an answer, which would be read as the answer about another design.
            worker.close()
            raise
        if worker.alive:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()
        return answer

    def with_yowasp(self, module: str) -> "Pool":
        """Return another pool, whose workers can use yosys's compiled *module* and have the memory for it."""
        return Pool(self._sandbox._replace(yowasp=module, memory_mb=self._sandbox.memory_mb + _MODULE_MB))

    def close(self) -> None:
        """End the idle workers; later calls start new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


_MODULE_MB = 1024
"""MiB of address space for the compiled module and the threads that run it."""
