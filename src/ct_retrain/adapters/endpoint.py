"""Generate answers on OpenAI-compatible servers: vLLM, llama.cpp, TGI, `transformers serve`.

- Each sample is a request of its own with its own seed, so it does not depend on other requests, if the
  server honours the seed.
- Requests are spread over all servers that say the same of themselves; one that differs is refused, one that
  does not answer is left out until the next arm is opened.
- What the server runs cannot be verified: the Tool holds what it says of itself. Change `endpoint.revision`
  when the weights behind a name change.
- A server that cannot be reached or gives no answer is a ToolError, never a failed answer.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from ct_retrain.adapters import _modelling
from ct_retrain.adapters._child_programs import Command
from ct_retrain.adapters._dispatch import ServerPool
from ct_retrain.adapters._replica import Identity, Replica, ServedModel, WrongServerError
from ct_retrain.adapters.serving import Server
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.problem import Completion, Prompt, Sampling

_LOG = structlog.get_logger("ct_retrain.adapters")
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_INVARIANT = {"VLLM_BATCH_INVARIANT": "1"}
"""Environment of a started vLLM whose answers are not to depend on their neighbours."""


class ServerPaths(NamedTuple):
    """Where a started server runs, and where its output goes."""

    directory: Path
    log: Callable[[], Path]


class EndpointGenerators:
    """Opens arms on the servers of the settings: their model, or an adapter that they are told to load."""

    def __init__(self, settings: EndpointSettings, place: ServerPaths | None = None) -> None:
        """With *place*, `endpoint.command` is started there when the first arm is opened, not before."""
        self._settings = settings
        first, *others = settings.addresses
        self.replicas = (
            Replica(first, settings, _server(settings, place)),
            *(Replica(url, settings) for url in others),
        )
        self.left_out: Mapping[str, str] = {}
        """URL → reason of the servers that did not open the last arm."""

    def open(self, adapter: Path | None) -> "EndpointGenerator":
        """Check that the servers answer, with *adapter* if given, and leave out those that do not.

        Raise ToolError if none does, or if they do not say the same of themselves.
        """
        weights = digest(_modelling.weights_digest(adapter, _ADAPTER)) if adapter else "none"
        arm = (
            ServedModel(self._settings.model, None)
            if adapter is None
            else self._arm(adapter.resolve(), weights)
        )
        said = self._opened(arm)
        _refuse_a_mixture(said)
        tool = self._tool(next(iter(said.values())), weights)
        return EndpointGenerator(self._settings, tuple(said), arm, tool)

    def close(self) -> None:
        """Stop the server that was started, and unload what others were told to load; never raises."""
        for replica in self.replicas:
            replica.close()

    @property
    def settings(self) -> EndpointSettings:
        """Where the servers are and how requests are made."""
        return self._settings

    def _opened(self, arm: ServedModel) -> Mapping[Replica, Identity]:
        """Return what each server that can answer as *arm* says of itself."""
        said: dict[Replica, Identity] = {}
        failed: dict[str, str] = {}
        for replica in self.replicas:
            try:
                said[replica] = replica.open(arm)
            except WrongServerError:
                raise
            except ToolError as error:
                if len(self.replicas) == 1:
                    raise
                failed[replica.url] = str(error)
        self.left_out = failed
        if not said:
            reasons = "; ".join(f"{url}: {reason}" for url, reason in failed.items())
            raise ToolError(f"none of the {len(self.replicas)} servers can be asked: {reasons}")
        for url, reason in failed.items():
            _LOG.warning("server left out", url=url, left=len(said), reason=reason)
        return said

    def _tool(self, said: Identity, weights: str) -> Tool:
        settings = self._settings
        parts = [
            settings.model,
            f"owned by {said.owner}" if said.owner else "",
            f"version {said.version}" if said.version else "",
            "batch invariant" if settings.batch_invariant else "",
            f"revision {settings.revision or 'unnamed'}",
            f"started by {digest(settings.command)[:16]}" if settings.command else "",
            f"adapter {weights}",
        ]
        return Tool(name="endpoint", version="2", detail=", ".join(part for part in parts if part))

    def _arm(self, adapter: Path, weights: str) -> ServedModel:
        match self._settings.adapters:
            case "vllm":
                return ServedModel(f"ct-retrain-{weights[:16]}", adapter)
            case "path":
                return ServedModel(str(adapter), adapter)
            case "none":
                raise UsageError(
                    "endpoint.adapters is none, so the server answers as mainline only: set it to vllm or path, or "
                    "leave endpoint.url empty and generate in process"
                )


class EndpointGenerator:
    """One arm on its servers."""

    def __init__(
        self, settings: EndpointSettings, replicas: Sequence[Replica], arm: ServedModel, tool: Tool
    ) -> None:
        self._arm, self.tool = arm, tool
        self._requests = settings.requests
        self._dispatcher = ServerPool(replicas)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield the completions of every prompt in order, with as many requests in flight as settings and
        servers allow.

        Raise ToolError if no server gives an answer. A caller that stops early waits for the requests in
        flight and for no others.
        """
        wanted = (_Wanted(one, index) for one in prompts for index in range(one.first, sampling.samples))
        count = self._requests * max(1, self._dispatcher.left)
        waiting: deque[Future[Completion]] = deque()
        left = threading.Event()
        with ThreadPoolExecutor(count, thread_name_prefix="endpoint") as pool:
            try:
                for one in wanted:
                    waiting.append(pool.submit(self._answer, one, sampling, left.is_set))
                    if len(waiting) >= 2 * count:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                left.set()
                for future in waiting:
                    future.cancel()
                self._dispatcher.wake()

    def _answer(self, wanted: "_Wanted", sampling: Sampling, left: Callable[[], bool]) -> Completion:
        prompt, index = wanted
        body = _body(prompt, index, sampling)
        said = self._dispatcher.ask(lambda replica, over: replica.chat(self._arm, body, over), left)
        return Completion(
            prompt_id=prompt.id, index=index, text=said.text, finished=said.finished, tokens=said.tokens
        )


class _Wanted(NamedTuple):
    prompt: Prompt
    number: int


def _body(prompt: Prompt, index: int, sampling: Sampling) -> Mapping[str, Any]:
    """Return the request for one sample; its seed depends on (seed, prompt id, index) alone."""
    greedy = sampling.temperature == 0
    stream = digest(str(sampling.seed), prompt.id, "0" if greedy else str(index))
    return {
        "messages": [{"role": "user", "content": prompt.text}],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.longest,
        "seed": int(stream[:7], 16),
    }


def _server(settings: EndpointSettings, place: ServerPaths | None) -> Server | None:
    """Return the server that `endpoint.command` starts in *place*, if it names one."""
    if place is None or not settings.command:
        return None
    environment = _INVARIANT if settings.batch_invariant else {}
    command = Command(settings.command, "endpoint.command", place.directory, environment)
    return Server(command, place.log, settings.start_timeout)


def _refuse_a_mixture(said: Mapping[Replica, Identity]) -> None:
    """Raise WrongServerError unless all servers say the same of themselves."""
    if len(set(said.values())) > 1:
        told = "; ".join(f"{replica.url} says {identity}" for replica, identity in said.items())
        raise WrongServerError(
            f"the servers differ, so an answer would depend on who gave it: {told}; serve the same model with the "
            "same version everywhere, or leave the others out of endpoint.urls"
        )
