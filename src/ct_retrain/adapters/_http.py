"""Questions to one HTTP server, asked again as long as there is hope; urllib3 does it, and its Retry says when.

A request is asked again after 408, 424, 425, 429 and 5xx (but 501 and 505), a connection that fails or is cut, also in
the middle of an answer, and a time limit. It waits as long as Retry-After says (seconds or a date; of a list the longest;
anything else is passed over), or else 0.25 s, 0.5 s, 1 s, …, with some jitter and never more than 30 s at once. It
gives up when *patience* seconds have passed since the first failure; an attempt that runs by then may end. So one
request takes at most its patience and two time limits. A time limit is one of silence: a server that sends a byte now
and then is waited for.
"""

import json
import logging
import random
import re
import time
import urllib.request
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry, Timeout, make_headers, parse_url

from ct_retrain.adapters._throttle import Throttle
from ct_retrain.core.errors import ToolError

T = TypeVar("T")

_PASSING = frozenset({408, 424, 425, 429} | (set(range(500, 600)) - {501, 505}))
"""Answers of a server that may do better in a moment."""
_BUSY = frozenset({429, 503, 529})
_LONGEST = 30.0
"""Seconds of one wait."""
_FIRST = 0.25
"""Seconds of the first wait, where the server names none."""
_CONNECT = 10.0
"""Seconds until a connection must stand."""
_OTHER = 2
"""How often a failure of no known kind is tried again: an answer that is none, a certificate that is refused."""
_SHOWN = 300
"""Characters of an answer that a message quotes."""


class NoAnswerError(ToolError):
    """What came back is not what was asked for; its words go on after "the server"."""


class RefusedError(ToolError):
    """The server answered with a status that asking again does not change."""

    def __init__(self, message: str, status: int, said: str) -> None:
        """*said* is the beginning of its answer."""
        super().__init__(message)
        self.status, self.said = status, said


class Terms(NamedTuple):
    """How long a question is worth asking."""

    patience: float
    """Seconds from its first failure to giving up."""
    timeout: float
    """Seconds without a byte that are borne."""
    connects: int | None = None
    """Connections that may fail; None is as many as patience allows."""
    over: Callable[[], bool] = lambda: False
    """True once nobody waits for the answer or nobody can give it."""


class Http:
    """A server at *url*; for many threads, which share its connections and its *throttle*."""

    def __init__(self, url: str, secret: str, throttle: Throttle, connections: int) -> None:
        """Send *secret*, if there is one, as bearer token, and keep so many *connections*; nothing is connected yet."""
        # urllib3 warns of every try that fails, on standard error; what matters is told by the throttle and at the end.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self.url = url.rstrip("/")
        self.throttle = throttle
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"
        self._pool = _pool(self.url, connections)

    def ask(self, path: str, body: Any, read: Callable[[bytes], T], terms: Terms) -> T:
        """GET *path*, or POST *body* as JSON if it is not None, and return what *read* makes of the answer.

        *read* may raise NoAnswerError. Raise RefusedError for a status that is final, ToolError where patience ends.
        """
        method = "GET" if body is None else "POST"
        with self.throttle.slot(terms.over):
            patience = RetryBudget(
                connect=terms.connects, redirect=3, other=_OTHER, total=None, allowed_methods=None,
                status_forcelist=_PASSING, raise_on_status=False,
                throttle=self.throttle, terms=terms,
            )  # fmt: skip
            data = None if body is None else json.dumps(body).encode()
            while True:
                response = self._response(method, path, data, patience)
                try:
                    found = read(response.data)
                except NoAnswerError as error:
                    patience = self._again(method, path, response, error)
                else:
                    self.throttle.well()
                    return found

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.clear()

    def _response(
        self, method: str, path: str, data: bytes | None, patience: "RetryBudget"
    ) -> BaseHTTPResponse:
        timeout = Timeout(connect=_CONNECT, read=patience.terms.timeout)
        try:
            response = self._pool.request(
                method, self.url + path, body=data, headers=self._headers, retries=patience, timeout=timeout
            )
        except MaxRetryError as error:
            raise ToolError(
                f"{self.url}{path} does not answer: {_words(error.reason)}; is it up, and is endpoint.url right?"
            ) from error
        except HTTPError as error:
            raise ToolError(
                f"{self.url}{path} does not answer: {_words(error)}; is endpoint.url right?"
            ) from error
        if not 200 <= response.status < 300:
            said = _quoted(response.data)
            raise RefusedError(f"{self.url}{path} answers {response.status}: {said}", response.status, said)
        return response

    def _again(self, method: str, path: str, response: BaseHTTPResponse, why: NoAnswerError) -> "RetryBudget":
        """What is left of the patience after an answer that was none, having waited."""
        try:
            left = cast("RetryBudget", response.retries).increment(method, path, error=why)
        except MaxRetryError:
            raise ToolError(f"{self.url}{path} {why}: {_quoted(response.data)}") from why
        left.sleep()
        return left


class RetryBudget(Retry):
    """urllib3's Retry with an end in time, that bears any Retry-After and tells the throttle what it hears."""

    def __init__(
        self, *, throttle: Throttle, terms: Terms, until: float | None = None, **policy: Any
    ) -> None:
        """*until* is when patience ends, on the monotonic clock, once something has failed."""
        super().__init__(**policy)
        self.throttle, self.terms, self.until = throttle, terms, until

    def new(self, **changed: Any) -> Self:
        """A copy with these changes."""
        return super().new(throttle=self.throttle, terms=self.terms, **{"until": self.until, **changed})

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """What is left after one more failure; raise MaxRetryError when nothing is."""
        now = time.monotonic()
        if response is not None and response.status in _BUSY:
            self.throttle.busy()
        until = now + self.terms.patience if self.until is None else self.until
        if now >= until or self.terms.over():
            reason = error or ResponseError(f"it answers {response.status if response else 'nothing'}")
            raise MaxRetryError(cast("ConnectionPool", _pool), url, reason) from reason
        return super().increment(method, url, response, error, _pool, _stacktrace).new(until=until)

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds from now, 0 for what cannot be read; of a list the longest."""
        try:
            return super().parse_retry_after(retry_after)
        except (InvalidHeader, ValueError, OverflowError):
            numbers = re.findall(r"(?<![\d.-])\d{1,9}(?:\.\d*)?(?=\s*(?:,|s\b|$))", retry_after)
            return max(map(float, numbers), default=0.0)

    def get_backoff_time(self) -> float:
        """Seconds to wait where the server names none: twice as long each time."""
        return min(_LONGEST, _FIRST * 2.0 ** min(len(self.history) - 1, 16))

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait without a slot, at least as long as the server asks for, unless that is beyond our patience."""
        asked = (self.get_retry_after(response) if response is not None else None) or 0.0
        wait = min(max(asked, self.get_backoff_time()), _LONGEST) * random.uniform(1.0, 1.25)
        left = wait if self.until is None else self.until - time.monotonic()
        self.throttle.rest(max(0.0, min(wait, left)), self.terms.over)

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """The same before a redirection is followed."""
        self.sleep(response)
        return True


def _pool(url: str, connections: int) -> urllib3.PoolManager:
    """Connections to *url*, through the proxy that the environment names for it, if any."""
    split = urlsplit(url)
    proxy = urllib.request.getproxies().get(split.scheme)
    if not proxy or urllib.request.proxy_bypass(split.hostname or ""):
        return urllib3.PoolManager(maxsize=connections)
    named = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    login = make_headers(proxy_basic_auth=named.auth) if named.auth else None
    return urllib3.ProxyManager(named.url, maxsize=connections, proxy_headers=login)


def _words(error: Exception | None) -> str:
    """What *error* says, without the addresses of our objects."""
    return re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?|^\w+\([^)]*\): ", "", str(error))


def _quoted(data: bytes) -> str:
    return " ".join(data[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
