"""GET requests with the key in a header, limits, and retries; every way they fail as one line without the key."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry, Timeout

from spymaster.feeds.massive_live.plan import MassiveAddress

_WORTH_RETRYING: Final = (429, 500, 502, 503, 504)
_MOST_WORDS: Final = 200
KEY_REFUSED: Final = 401
NOT_ENTITLED: Final = 403


class RestLimits(msgspec.Struct, frozen=True):
    """``answer_s``: for one answer; ``retries``: after the first try, with waits doubling from ``pause_s`` unless the
    vendor asks for a longer one (Retry-After)."""

    connect_s: float = 5.0
    answer_s: float = 15.0
    retries: int = 3
    pause_s: float = 0.5


class RestError(Exception):
    """A request that came to nothing: one line. ``status``: of the answer, 0 without one."""

    def __init__(self, words: str, *, status: int = 0) -> None:
        super().__init__(words)
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether trying again cannot help: the key is not accepted, or may not have this."""
        return self.status in (KEY_REFUSED, NOT_ENTITLED)


class _Refusal(msgspec.Struct):
    error: str = ""
    message: str = ""


class RestClient:
    """Requests of one key. Addresses that the vendor names are followed on its own host alone, so that the key goes
    nowhere else."""

    def __init__(self, address: MassiveAddress, limits: RestLimits | None = None) -> None:
        limits = limits or RestLimits()
        self._base = address.rest_url
        self._headers = {"Authorization": f"Bearer {address.key}", "Accept-Encoding": "gzip"}
        self._pool = urllib3.PoolManager(
            num_pools=1,
            timeout=Timeout(connect=limits.connect_s, read=limits.answer_s),
            retries=Retry(
                total=limits.retries,
                redirect=False,
                status_forcelist=_WORTH_RETRYING,
                backoff_factor=limits.pause_s,
                respect_retry_after_header=True,
                raise_on_status=False,
                raise_on_redirect=False,
            ),
        )

    def get(self, path: str, **query: str) -> bytes:
        """The body of an answer with status 200. Raises RestError."""
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            answer = self._pool.request("GET", f"{self._base}{target}", headers=self._headers)
        except MaxRetryError as error:
            raise RestError(f"{path}: {_plain(error.reason)}") from None
        except HTTPError as error:
            raise RestError(f"{path}: {_plain(error)}") from None
        if answer.status != 200:
            words = f"{path}: HTTP status {answer.status}{_said(answer.data)}"
            raise RestError(words, status=answer.status)
        return answer.data

    def follow(self, address: str) -> bytes:
        """The page at an address that the vendor named. Raises RestError."""
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.clear()


def _plain(error: Exception | None) -> str:
    """What failed, without addresses of objects in memory."""
    text = str(error).rpartition(": ")[2] if error is not None else "no reason given"
    return f"{type(error).__name__}: {text}"


def _said(body: bytes) -> str:
    try:
        refusal = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    words = (refusal.message or refusal.error)[:_MOST_WORDS]
    return f" ({words})" if words else ""
