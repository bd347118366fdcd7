"""Load adapters into a vLLM server, each once, under a name made from the digest of its files.

vLLM may read the directory again whenever it has evicted the adapter, so a name always belongs to one
directory. (`load_inplace` would make it read the directory at every request.) Few adapters are kept, since a
night has two.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from ct_retrain.adapters._answers import ListedModel
from ct_retrain.adapters._http import Http, RefusedError, RequestLimits
from ct_retrain.core.errors import ToolError

_LOG = structlog.get_logger("ct_retrain.adapters")
_KEPT = 4
"""Maximum number of our adapters loaded at once."""
_LEAVING = RequestLimits(patience=0.0, timeout=10.0, connects=0)
"""Retry limits of an unload; an adapter that the server does not unload is left there."""
_THERE = re.compile(r"already (been )?(loaded|exist|registered)", re.IGNORECASE)


class AdapterLoader:
    """The adapters that this process has loaded into one server."""

    def __init__(
        self, http: Http, listed: Callable[[], Mapping[str, ListedModel]], terms: RequestLimits
    ) -> None:
        """*listed* returns the server's models; the server may have no such list."""
        self._http, self._listed, self._terms = http, listed, terms
        self._loaded: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, name: str, adapter: Path) -> None:
        """Load *adapter* as *name*, unless the server lists it already; raise ToolError on failure.

        A server that lists models must list *name* afterwards, because it would otherwise answer as mainline.
        If several threads ask for one adapter, one of them loads it.
        """
        with self._lock:
            listed = self._listed()
            if name in listed:
                if listed[name].root in {"", str(adapter)}:
                    return
                self._unload(name)
            self._load(name, adapter)
            while len(self._loaded) > _KEPT:
                self._unload(next(iter(self._loaded)))

    def forget(self) -> None:
        """Treat all adapters as not loaded, because the server was restarted."""
        with self._lock:
            self._loaded.clear()

    def unload_all(self) -> None:
        """Unload what this process has loaded; never raises."""
        with self._lock:
            for name in list(self._loaded):
                self._unload(name)

    def _load(self, name: str, adapter: Path) -> None:
        try:
            self._http.ask(
                "/load_lora_adapter", {"lora_name": name, "lora_path": str(adapter)}, bytes, self._terms
            )
        except RefusedError as error:
            if not _THERE.search(error.said):
                raise _explained(error) from error
        else:
            self._loaded[name] = adapter
        names = self._listed()
        if names and name not in names:
            raise ToolError(
                f"{self._http.url} was told to load {adapter} as {name}, agreed, and lists only {', '.join(names)}: it would "
                "answer as mainline; is it a vLLM that was started with --enable-lora?"
            )

    def _unload(self, name: str) -> None:
        self._loaded.pop(name, None)
        try:
            self._http.ask("/unload_lora_adapter", {"lora_name": name}, bytes, _LEAVING)
        except ToolError as error:
            _LOG.info("adapter stays loaded", adapter=name, reason=str(error))


def _explained(error: RefusedError) -> ToolError:
    if error.status in {404, 405} and "lora" not in error.said.lower():
        return ToolError(
            f"{error}; start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True in its environment, or "
            "set endpoint.adapters to what the server can do"
        )
    return error
