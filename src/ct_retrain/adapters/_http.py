"""Requests to one HTTP server, retried with urllib3's Retry.

- Retried: status 408, 424, 425, 429 and 5xx (except 501 and 505), a failed or cut connection, and a timeout.
- The wait is Retry-After (seconds or a date; the longest of a list; ignored if unreadable), else 0.25 s, 0.5
  s, 1 s, …, with jitter, at most 30 s.
- It gives up *patience* seconds after the first failure; an attempt running by then may end. So one request
  takes at most its patience plus two timeouts.
- A timeout is one of silence: a server that sends a byte now and then is waited for.
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
"""Statuses that may pass."""
_BUSY = frozenset({429, 503, 529})
_LONGEST = 30.0
"""Maximum seconds of one wait."""
_FIRST = 0.25
"""Seconds of the first wait, if the server names none."""
_CONNECT = 10.0
"""Seconds until a connection must be established."""
_OTHER = 2
"""Retries after a failure of another kind: an unreadable reply, a refused certificate."""
_SHOWN = 300
"""Characters of a reply that a message quotes."""


class NoAnswerError(ToolError):
    """The reply is not what was asked for; the message continues a sentence that begins "the server"."""


class RefusedError(ToolError):
    """The server replied with a status for which a retry is useless."""

    def __init__(self, message: str, status: int, said: str) -> None:
        """*said* is the beginning of its reply."""
        super().__init__(message)
        self.status, self.said = status, said


class RequestLimits(NamedTuple):
    """Limits of a request."""

    patience: float
    """Seconds from its first failure to giving up."""
    timeout: float
    """Seconds without a byte until an attempt fails."""
    connects: int | None = None
    """Connections that may fail; None is as many as patience allows."""
    over: Callable[[], bool] = lambda: False
    """Returns True once the answer is no longer wanted, or cannot come."""


class Http:
    """A server at *url*, for many threads that share its connections and its *throttle*."""

    def __init__(self, url: str, secret: str, throttle: Throttle, connections: int) -> None:
        """Send *secret*, if given, as bearer token, and keep *connections* open; connects on first use."""
        # urllib3 logs every failed try to standard error; the throttle and the final error say what matters.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self.url = url.rstrip("/")
        self.throttle = throttle
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"
        self._pool = _pool(self.url, connections)

    def ask(self, path: str, body: Any, read: Callable[[bytes], T], terms: RequestLimits) -> T:
        """GET *path*, or POST *body* as JSON if it is not None, and return *read* of the reply.

        *read* may raise NoAnswerError. Raise RefusedError for a final status, ToolError when patience ends.
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
        """Close idle connections."""
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
        """Wait after a reply that was no answer, and return the patience left."""
        try:
            left = cast("RetryBudget", response.retries).increment(method, path, error=why)
        except MaxRetryError:
            raise ToolError(f"{self.url}{path} {why}: {_quoted(response.data)}") from why
        left.sleep()
        return left


class RetryBudget(Retry):
    """A urllib3 Retry with a deadline, which obeys any Retry-After and informs the throttle."""

    def __init__(
        self, *, throttle: Throttle, terms: RequestLimits, until: float | None = None, **policy: Any
    ) -> None:
        """*until* is when patience ends, on the monotonic clock, once something has failed."""
        super().__init__(**policy)
        self.throttle, self.terms, self.until = throttle, terms, until

    def new(self, **changed: Any) -> Self:
        """Return a copy with these changes."""
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
        """Return the budget after one more failure; raise MaxRetryError if nothing is left."""
        now = time.monotonic()
        if response is not None and response.status in _BUSY:
            self.throttle.busy()
        until = now + self.terms.patience if self.until is None else self.until
        if now >= until or self.terms.over():
            reason = error or ResponseError(f"it answers {response.status if response else 'nothing'}")
            raise MaxRetryError(cast("ConnectionPool", _pool), url, reason) from reason
        return super().increment(method, url, response, error, _pool, _stacktrace).new(until=until)

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds from now; 0 if unreadable; of a list the longest."""
        try:
            return super().parse_retry_after(retry_after)
        except (InvalidHeader, ValueError, OverflowError):
            numbers = re.findall(r"(?<![\d.-])\d{1,9}(?:\.\d*)?(?=\s*(?:,|s\b|$))", retry_after)
            return max(map(float, numbers), default=0.0)

    def get_backoff_time(self) -> float:
        """Return the seconds to wait if the server names none; they double each time."""
        return min(_LONGEST, _FIRST * 2.0 ** min(len(self.history) - 1, 16))

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait without holding a slot, as long as the server asks for if patience allows."""
        asked = (self.get_retry_after(response) if response is not None else None) or 0.0
        wait = min(max(asked, self.get_backoff_time()), _LONGEST) * random.uniform(1.0, 1.25)
        left = wait if self.until is None else self.until - time.monotonic()
        self.throttle.rest(max(0.0, min(wait, left)), self.terms.over)

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """Wait before following a redirection, as `sleep` does."""
        self.sleep(response)
        return True


def _pool(url: str, connections: int) -> urllib3.PoolManager:
    """Return connections to *url*, through a proxy named in the environment, if any."""
    split = urlsplit(url)
    proxy = urllib.request.getproxies().get(split.scheme)
    if not proxy or urllib.request.proxy_bypass(split.hostname or ""):
        return urllib3.PoolManager(maxsize=connections)
    named = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    login = make_headers(proxy_basic_auth=named.auth) if named.auth else None
    return urllib3.ProxyManager(named.url, maxsize=connections, proxy_headers=login)


def _words(error: Exception | None) -> str:
    """Return the message of *error* without addresses of our objects."""
    return re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?|^\w+\([^)]*\): ", "", str(error))


def _quoted(data: bytes) -> str:
    return " ".join(data[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
