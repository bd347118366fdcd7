"""One server that may answer for an arm: the model it says it serves, the adapters it was told to load, its requests.

A server that `endpoint.command` starts and that has ended by itself is reported by its last lines, whatever
the request saw of it.
"""

import contextlib
import json
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters._adapter_loading import AdapterLoader
from ct_retrain.adapters._answers import ListedModel, ServerAnswer, read_completion, read_models
from ct_retrain.adapters._http import Http, NoAnswerError, RefusedError, RequestLimits
from ct_retrain.adapters._throttle import Throttle
from ct_retrain.adapters.serving import Server
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError

_CONNECTS = 3
"""Failed connections until an arm does not open; a server that has answered before is waited for longer."""
_LOADING = 15.0
"""Seconds for which loading an adapter is retried: a server may report a broken one as its own failure."""
_LOOK = RequestLimits(patience=0.0, timeout=5.0, connects=0)
"""Limits of one check whether the server answers."""
_SHOWN = 20
"""Number of models named in a message."""
_UNLISTED = frozenset({404, 405, 501})
"""Statuses of a server that has no list of models."""


class WrongServerError(ToolError):
    """A server runs something else than the settings, or the servers beside it, say."""


class ServedModel(NamedTuple):
    """Mainline, or an adapter on it."""

    name: str
    """The model's name in a request."""
    adapter: Path | None


class Identity(NamedTuple):
    """What a server says of mainline and of itself; empty where it says nothing."""

    owner: str = ""
    weights: str = ""
    """Last part of the path or repository that vLLM read."""
    window: int = 0
    """Tokens of the longest prompt with its answer."""
    version: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        told = {
            "owned by": self.owner,
            "weights": self.weights,
            "window": self.window,
            "version": self.version,
        }
        return ", ".join(f"{name} {value}" for name, value in told.items() if value) or "nothing of itself"


class Replica:
    """The server at *url*, with a limit of its own on the requests in flight."""

    def __init__(self, url: str, settings: EndpointSettings, server: Server | None = None) -> None:
        """*server*, if given, is started when the first arm is opened, not before."""
        self._settings, self._server = settings, server
        self.throttle = Throttle(settings.requests)
        self.http = self._http(url)
        loading = self._terms(connects=_CONNECTS)._replace(patience=min(settings.patience, _LOADING))
        self._hotload = AdapterLoader(self.http, self._listed, loading)

    @property
    def url(self) -> str:
        """Its base URL."""
        return self.http.url

    def open(self, arm: ServedModel) -> Identity:
        """Check that the server answers and can answer as *arm*, and return what it says of itself.

        Raise ToolError if it does not, WrongServerError if it does not serve `endpoint.model`.
        """
        if self._server is not None and self._server.ensure(self._answers):
            self._hotload.forget()
        with self._death_told():
            listed = self._listed()
            self._known(listed)
            if arm.adapter is not None and self._settings.adapters == "vllm":
                self._hotload.load(arm.name, arm.adapter)
            card = listed.get(self._settings.model, ListedModel("", ""))
            return Identity(card.owner, Path(card.root).name, card.window, self._version())

    def chat(self, arm: ServedModel, body: Mapping[str, Any], over: Callable[[], bool]) -> ServerAnswer:
        """Return the completion that *body* asks for; load an adapter that the server has lost once more.

        Raise ToolError if patience ends, or once *over* returns True.
        """

        def read(data: bytes) -> ServerAnswer:
            said = read_completion(data, body["max_tokens"])
            if arm.adapter is not None and said.model == self._settings.model:
                raise NoAnswerError(f"was asked for {arm.name} and answered as mainline")
            return said

        def ask() -> ServerAnswer:
            return self.http.ask("/chat/completions", {**body, "model": arm.name}, read, self._terms(over))

        with self._death_told():
            try:
                return ask()
            except RefusedError as error:
                if error.status != 404 or not self._restored(arm):
                    raise
            return ask()

    def close(self) -> None:
        """Stop the server that was started, or unload what another one was told to load; never raises."""
        if self._server is not None:
            self._server.close()
        else:
            self._hotload.unload_all()
        self._hotload.forget()
        self.http.close()

    def _http(self, url: str) -> Http:
        return Http(url, self._settings.api_key.get_secret_value(), self.throttle, self._settings.requests)

    def _terms(self, over: Callable[[], bool] = lambda: False, connects: int | None = None) -> RequestLimits:
        return RequestLimits(
            self._settings.patience, self._settings.timeout, connects, lambda: over() or bool(self._died())
        )

    def _died(self) -> str:
        return self._server.died() if self._server is not None else ""

    @contextlib.contextmanager
    def _death_told(self) -> Generator[None]:
        try:
            yield
        except ToolError as error:
            died = self._died()
            if died:
                raise ToolError(died) from error
            raise

    def _restored(self, arm: ServedModel) -> bool:
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

    def _listed(self) -> Mapping[str, ListedModel]:
        try:
            return self.http.ask("/models", None, read_models, self._terms(connects=_CONNECTS))
        except RefusedError as error:
            if error.status in _UNLISTED:
                return {}
            raise

    def _known(self, listed: Mapping[str, ListedModel]) -> None:
        """Raise WrongServerError if mainline is missing from *listed*, unless that is empty; paths are never listed."""
        model = self._settings.model
        by_path = self._settings.adapters == "path" and Path(model).exists()
        if listed and model not in listed and not by_path:
            there = ", ".join([*listed][:_SHOWN]) + (", …" if len(listed) > _SHOWN else "")
            raise WrongServerError(
                f"{self.url} does not serve the model {model!r} that endpoint.model names; it has: {there}"
            )

    def _version(self) -> str:
        """Return the version that vLLM tells beside its API, at /version; empty from other servers."""
        beside = self._http(self.url.removesuffix("/v1"))
        try:
            return beside.ask("/version", None, _read_version, self._terms(connects=_CONNECTS))
        except RefusedError:
            return ""
        finally:
            beside.close()


def _read_version(data: bytes) -> str:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    version = said.get("version") if isinstance(said, dict) else None
    return version if isinstance(version, str) else ""
