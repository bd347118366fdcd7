"""Generate answers on an OpenAI-compatible server: vLLM, llama.cpp, TGI, `transformers serve`.

- Each sample is a request of its own with its own seed, so it does not depend on other requests, if the
  server honours the seed.
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

from ct_retrain.adapters import _modelling
from ct_retrain.adapters._adapter_loading import Hotload
from ct_retrain.adapters._answers import Card, ServerAnswer, read_completion, read_models
from ct_retrain.adapters._child_programs import Command
from ct_retrain.adapters._http import Http, NoAnswerError, RefusedError, Terms
from ct_retrain.adapters._throttle import Throttle
from ct_retrain.adapters.serving import Server
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.problem import Completion, Prompt, Sampling

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_CONNECTS = 3
"""Failed connections until an arm does not open; a server that has answered before is waited for longer."""
_LOADING = 15.0
"""Seconds for which loading an adapter is retried: a server may report a broken one as its own failure."""
_LOOK = Terms(patience=0.0, timeout=5.0, connects=0)
"""Limits of one check whether the server answers."""
_SHOWN = 20
"""Number of models named in a message."""
_UNLISTED = frozenset({404, 405, 501})
"""Statuses of a server that has no list of models."""


class Place(NamedTuple):
    """Where a started server runs, and where its output goes."""

    directory: Path
    log: Callable[[], Path]


class EndpointGenerators:
    """Opens arms on one server: its model, or an adapter that it is told to load."""

    def __init__(self, settings: EndpointSettings, place: Place | None = None) -> None:
        """With *place*, `endpoint.command` is started there when the first arm is opened, not before."""
        self._settings = settings
        throttle = Throttle(settings.requests)
        self.http = Http(settings.url, settings.api_key.get_secret_value(), throttle, settings.requests)
        self._server: Server | None = None
        if place is not None and settings.command:
            command = Command(settings.command, "endpoint.command", place.directory)
            self._server = Server(command, place.log, settings.start_timeout)
        loading = self.terms._replace(connects=_CONNECTS, patience=min(settings.patience, _LOADING))
        self._hotload = Hotload(self.http, self._listed, loading)

    def open(self, adapter: Path | None) -> "EndpointGenerator":
        """Check that the server answers, with *adapter* if given; raise ToolError if it does not."""
        if self._server is not None and self._server.ensure(self._answers):
            self._hotload.forget()
        listed = self._listed()
        model = self._settings.model
        self._known(model, listed)
        weights = digest(_modelling.weights_digest(adapter, _ADAPTER)) if adapter else "none"
        arm = _Arm(model, None) if adapter is None else self._arm(adapter.resolve(), weights)
        owner = f", owned by {listed[model].owner}" if model in listed else ""
        started = f", started by {digest(self._settings.command)[:16]}" if self._server else ""
        revision = self._settings.revision or "unnamed"
        detail = f"{model}{owner}, revision {revision}{started}, adapter {weights}"
        return EndpointGenerator(self, arm, Tool(name="endpoint", version="2", detail=detail))

    def close(self) -> None:
        """Stop the server that was started, or unload what another one was told to load; never raises."""
        if self._server is not None:
            self._server.close()
        else:
            self._hotload.unload_all()
        self._hotload.forget()
        self.http.close()

    @property
    def settings(self) -> EndpointSettings:
        """Where the server is and how requests are made."""
        return self._settings

    @property
    def terms(self) -> Terms:
        """Retry limits of a request."""
        return Terms(self._settings.patience, self._settings.timeout, None, lambda: bool(self.died()))

    def died(self) -> str:
        """Return how the started server has ended by itself, in words; empty while it runs."""
        return self._server.died() if self._server is not None else ""

    def restore(self, arm: "_Arm") -> bool:
        """Load the adapter of *arm* again after the server has lost it; return False if the arm has none."""
        if arm.adapter is None or self._settings.adapters != "vllm":
            return False
        self._hotload.load(arm.name, arm.adapter)
        return True

    def _answers(self) -> bool:
        """Whether an HTTP server at the URL is ready."""
        try:
            self.http.ask("/models", None, bytes, _LOOK)
        except RefusedError as error:
            return error.status < 500 and error.status != 429
        except ToolError:
            return False
        return True

    def _listed(self) -> Mapping[str, Card]:
        try:
            return self.http.ask("/models", None, read_models, self.terms._replace(connects=_CONNECTS))
        except RefusedError as error:
            if error.status in _UNLISTED:
                return {}
            raise
        except ToolError as error:
            raise ToolError(self.died() or str(error)) from error

    def _known(self, model: str, listed: Mapping[str, Card]) -> None:
        """Raise ToolError for a model missing from the server's list, if it has one; paths are never listed."""
        by_path = self._settings.adapters == "path" and Path(model).exists()
        if listed and model not in listed and not by_path:
            there = ", ".join([*listed][:_SHOWN]) + (", …" if len(listed) > _SHOWN else "")
            raise ToolError(
                f"{self.http.url} does not serve the model {model!r} that endpoint.model names; it has: {there}"
            )

    def _arm(self, adapter: Path, weights: str) -> "_Arm":
        match self._settings.adapters:
            case "vllm":
                arm = _Arm(f"ct-retrain-{weights[:16]}", adapter)
                self._hotload.load(arm.name, adapter)
                return arm
            case "path":
                return _Arm(str(adapter), adapter)
            case "none":
                raise UsageError(
                    "endpoint.adapters is none, so the server answers as mainline only: set it to vllm or path, or "
                    "leave endpoint.url empty and generate in process"
                )


class EndpointGenerator:
    """One arm on a server."""

    def __init__(self, source: EndpointGenerators, arm: "_Arm", tool: Tool) -> None:
        self._source, self._arm, self.tool = source, arm, tool

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield the completions of every prompt in order, with as many requests in flight as settings and
        server allow.

        Raise ToolError if the server gives no answer. A caller that stops early waits for the requests in
        flight and for no others.
        """
        wanted = (_Wanted(one, index) for one in prompts for index in range(one.first, sampling.samples))
        count = self._source.settings.requests
        waiting: deque[Future[Completion]] = deque()
        left = threading.Event()
        terms = self._source.terms
        terms = terms._replace(over=lambda: left.is_set() or bool(self._source.died()))
        with ThreadPoolExecutor(count, thread_name_prefix="endpoint") as pool:
            try:
                for one in wanted:
                    waiting.append(pool.submit(self._answer, one, sampling, terms))
                    if len(waiting) >= 2 * count:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                left.set()
                for future in waiting:
                    future.cancel()
                self._source.http.throttle.wake()

    def _answer(self, wanted: "_Wanted", sampling: Sampling, terms: Terms) -> Completion:
        prompt, index = wanted
        greedy = sampling.temperature == 0
        stream = digest(str(sampling.seed), prompt.id, "0" if greedy else str(index))
        body = {
            "model": self._arm.name,
            "messages": [{"role": "user", "content": prompt.text}],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.longest,
            "seed": int(stream[:7], 16),
        }
        said = self._said(body, sampling.longest, terms)
        return Completion(
            prompt_id=prompt.id, index=index, text=said.text, finished=said.finished, tokens=said.tokens
        )

    def _said(self, body: Mapping[str, Any], most: int, terms: Terms) -> ServerAnswer:
        """Return the answer to *body*; load an adapter that the server has lost once more."""

        def read(data: bytes) -> ServerAnswer:
            said = read_completion(data, most)
            if self._arm.adapter is not None and said.model == self._source.settings.model:
                raise NoAnswerError(f"was asked for {self._arm.name} and answered as mainline")
            return said

        def ask() -> ServerAnswer:
            return self._source.http.ask("/chat/completions", body, read, terms)

        try:
            try:
                return ask()
            except RefusedError as error:
                if error.status != 404 or not self._source.restore(self._arm):
                    raise
            return ask()
        except ToolError as error:
            died = self._source.died()
            if died:
                raise ToolError(died) from error
            raise


class _Wanted(NamedTuple):
    prompt: Prompt
    number: int


class _Arm(NamedTuple):
    name: str
    """The arm's name on the server."""
    adapter: Path | None
