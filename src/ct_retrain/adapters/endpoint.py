"""Answers from an OpenAI-compatible server: vLLM, llama.cpp, TGI, `transformers serve`.

A sample is asked for by a request of its own with a seed of its own, so what comes back does not depend on what else
is asked; whether the server honours the seed is its business. What the server really runs cannot be seen from here:
a Tool names what it says of itself, and whoever changes the weights behind a name must change `endpoint.revision`.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.problem import Completion, Prompt, Sampling
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.settings import EndpointSettings

_TRIES = 4
_FULL = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that may do better in a moment."""
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


class EndpointGenerators:
    """Opens arms on one server: its model as it is, or an adapter that it is told to load."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._server = _Server(settings)
        self._settings = settings

    def open(self, adapter: Path | None) -> "EndpointGenerator":
        """Make sure that the server answers, with *adapter* if given; raise ToolError when it does not."""
        said = self._server.ask("/models", None)
        named = self._settings.model if adapter is None else self._load(adapter)
        weights = digest(_modelling.weights_digest(adapter, _ADAPTER)) if adapter else "none"
        facts = [one for one in said.get("data", ()) if one.get("id") == self._settings.model]
        owner = f", owned by {facts[0].get('owned_by', '')}" if facts else ""
        detail = f"{self._settings.model}{owner}, revision {self._settings.revision or 'unnamed'}, adapter {weights}"
        return EndpointGenerator(self._server, named, Tool(name="endpoint", version="1", detail=detail))

    def _load(self, adapter: Path) -> str:
        match self._settings.adapters:
            case "vllm":
                name = f"ct-retrain-{digest(_modelling.weights_digest(adapter, _ADAPTER))[:16]}"
                wanted = {"lora_name": name, "lora_path": str(adapter.resolve()), "load_inplace": True}
                self._server.ask("/load_lora_adapter", wanted)
                return name
            case "path":
                return str(adapter.resolve())
            case "none":
                raise UsageError(
                    "endpoint.adapters is none, so the server answers as mainline only: set it to vllm or path, or "
                    "leave endpoint.url empty and generate in process"
                )


class EndpointGenerator:
    """One arm on a server."""

    def __init__(self, server: "_Server", model: str, tool: Tool) -> None:
        self._server, self._model, self.tool = server, model, tool

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield the completions of every prompt in order, as many requests in flight as the settings allow."""
        wanted = (_Wanted(one, index) for one in prompts for index in range(one.first, sampling.samples))
        count = self._server.settings.requests
        waiting: deque[Future[Completion]] = deque()
        with ThreadPoolExecutor(count, thread_name_prefix="endpoint") as pool:
            try:
                for one in wanted:
                    waiting.append(pool.submit(self._answer, one, sampling))
                    if len(waiting) >= 2 * count:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _answer(self, wanted: "_Wanted", sampling: Sampling) -> Completion:
        prompt, index = wanted
        greedy = sampling.temperature == 0
        stream = digest(str(sampling.seed), prompt.id, "0" if greedy else str(index))
        said = self._server.ask(
            "/chat/completions",
            {
                "model": self._model,
                "messages": [{"role": "user", "content": prompt.text}],
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "max_tokens": sampling.longest,
                "seed": int(stream[:7], 16),
            },
        )
        try:
            choice = said["choices"][0]
            text, ended = choice["message"]["content"] or "", choice["finish_reason"] == "stop"
            tokens = int(said.get("usage", {}).get("completion_tokens", 0))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ToolError(f"{self._server.url} gives no chat completion: {str(said)[:200]}") from error
        return Completion(prompt_id=prompt.id, index=index, text=text, finished=ended, tokens=tokens)


class _Wanted(NamedTuple):
    prompt: Prompt
    number: int


class _Server:
    """The HTTP of it: JSON both ways, patience with a server that is busy."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.url = settings.url.rstrip("/")

    def ask(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """The answer to a GET, or to a POST of *body*; raise ToolError when there is none."""
        for attempt in range(_TRIES):
            try:
                return self._once(path, body)
            except urllib.error.HTTPError as error:
                said = error.read(2000).decode("utf-8", "replace")
                if error.code not in _FULL or attempt + 1 == _TRIES:
                    raise ToolError(f"{self.url}{path} answers {error.code}: {said[:300]}") from error
                time.sleep(min(30.0, float(error.headers.get("Retry-After") or 2**attempt)))
            except (OSError, http.client.HTTPException) as error:
                if attempt + 1 == _TRIES:
                    raise ToolError(
                        f"{self.url}{path} does not answer: {error}; is endpoint.url right?"
                    ) from error
                time.sleep(2**attempt)
        raise AssertionError

    def _once(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        secret = self.settings.api_key.get_secret_value()
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310 - settings allow http(s) only
        with urllib.request.urlopen(request, timeout=self.settings.timeout) as answer:  # noqa: S310
            text = answer.read()
        try:
            said = (
                json.loads(text)
                if text.strip().startswith(b"{")
                else {"said": text.decode("utf-8", "replace")}
            )
        except ValueError as error:
            raise ToolError(f"{self.url}{path} answers no JSON: {text[:200]!r}") from error
        return dict(said)
