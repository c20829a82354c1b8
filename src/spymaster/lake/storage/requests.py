"""Requests to a server that speaks S3: each bounded in time, repeated a bounded number of times, and counted.

boto3 is the client, for it has conditional writes. Its own repeating is off: it ends where an answer's body begins, so
that a body cut short would need a second loop around it.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, TypeVar
from urllib.parse import urlsplit

from spymaster.lake.errors import BucketError, LakeError, Overtaken

ATTEMPTS: Final = 6
"""Times that a request is made at most."""
_FIRST_WAIT_S: Final = 0.2
_LAST_WAIT_S: Final = 5.0
_TIMEOUT_S: Final = 20.0
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_TEMPORARY: Final = frozenset({408, 409, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed; 409 is how two conditional writes at one moment are told apart."""
_TEMPORARY_CODES: Final = frozenset({"RequestTimeout", "SlowDown", "InternalError", "ThrottlingException"})
_SHA256: Final = "sha256"

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it stands: its version (ETag), its bytes, and the SHA-256 it was written with ("" if by others)."""

    version: str
    size: int
    sha256: str


class Requests:
    """What is asked of one bucket.

    ``repeated``: how often a request had to be made again, by reason. ``endpoint``: a server other than Amazon's, ""
    for what the environment says. ``sleep``: waits before a request is made again. Raises LakeError without boto3.
    Every method raises BucketError where the server refuses or does not answer, after ``ATTEMPTS``, and
    FileNotFoundError for an object that is not there.
    """

    def __init__(
        self, bucket: str, endpoint: str = "", *, sleep: Callable[[float], None] = time.sleep, timeout_s: float = 0.0
    ) -> None:
        self._bucket = bucket
        self._client = _connect(bucket, endpoint, timeout_s or _TIMEOUT_S)
        self._sleep = sleep
        self.repeated: Counter[str] = Counter()

    def look(self, key: str) -> Found:
        """What stands under a key, without fetching it."""
        answer = self._call(key, lambda: self._client.head_object(Bucket=self._bucket, Key=key))
        return Found(answer["ETag"], int(answer["ContentLength"]), answer.get("Metadata", {}).get(_SHA256, ""))

    def fetch(self, key: str) -> tuple[bytes, str]:
        """(all bytes, the version they are of)."""

        def whole() -> tuple[bytes, str]:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            return answer["Body"].read(), answer["ETag"]

        return self._call(key, whole)

    def fetch_part(self, key: str, version: str, start: int, size: int) -> bytes:
        """Bytes of a version that was looked at, at most up to its end. Raises Overtaken where it was replaced."""
        asked = f"bytes={start}-{start + size - 1}"

        def part() -> bytes:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=asked, IfMatch=version)
            data: bytes = answer["Body"].read()
            if len(data) != size:
                raise _CutShort
            return data

        return self._call(key, part)

    def put(self, key: str, body: bytes | IO[bytes], sha256: str, version: str | None) -> str:
        """Write an object in place of a version, or where nothing stands (None); the version that it becomes.

        Raises Overtaken where something else stands there, unless it is the very same bytes: an answer that was lost
        on its way back looks like that.
        """
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}

        def written() -> str:
            if not isinstance(body, bytes):
                body.seek(0)
            about = {"Bucket": self._bucket, "Key": key, "Metadata": {_SHA256: sha256}}
            return str(self._client.put_object(Body=body, **about, **condition)["ETag"])

        try:
            return self._call(key, written)
        except (Overtaken, FileNotFoundError):
            stands = self._look_or_none(key)
            if stands is not None and sha256 and stands.sha256 == sha256:
                return stands.version
            raise self._overtaken(key, "written") from None

    def remove(self, key: str) -> None:
        """Remove an object; it need not be there."""
        self._call(key, lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that the server lists below a prefix. A list may be behind what was written."""
        token: dict[str, str] = {}
        seen: set[str] = set()
        while True:
            page = self._page(prefix, token)
            yield from (entry["Key"] for entry in page.get("Contents", ()))
            following = page.get("NextContinuationToken")
            if not page.get("IsTruncated") or not following:
                return
            if following in seen:
                raise self._error(prefix, "its server lists the same page again and again", "ask its operator")
            seen.add(following)
            token = {"ContinuationToken": following}

    def url(self, key: str) -> str:
        """As an ``s3://`` URL."""
        return f"s3://{self._bucket}/{key}"

    def _page(self, prefix: str, token: dict[str, str]) -> Any:
        return self._call(prefix, lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **token))

    def _look_or_none(self, key: str) -> Found | None:
        try:
            return self.look(key)
        except FileNotFoundError:
            return None

    def _call(self, key: str, action: Callable[[], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action()
            except _failures() as error:
                reason = self._temporary(key, error)
                if attempt == ATTEMPTS:
                    problem = f"its server failed {ATTEMPTS} times, at last with {reason}"
                    raise self._error(key, problem, "look after the server or the way to it, then again") from error
            self.repeated[reason] += 1
            _log.warning("%s: asked again after %s, attempt %d of %d", self.url(key), reason, attempt + 1, ATTEMPTS)
            longest = min(_FIRST_WAIT_S * 2 ** (attempt - 1), _LAST_WAIT_S)
            self._sleep(longest * (0.5 + random.random() / 2))
        raise AssertionError("not reached")

    def _temporary(self, key: str, error: Exception) -> str:
        """Why a request failed, where it may be made again; raises what others are to be told otherwise."""
        from botocore import exceptions

        if isinstance(error, exceptions.ClientError):
            return self._of_answer(key, error)
        lasting = isinstance(error, exceptions.BotoCoreError)
        passing = (exceptions.HTTPClientError, exceptions.IncompleteReadError, exceptions.FlexibleChecksumError)
        if lasting and not isinstance(error, passing):
            raise self._error(key, f"no connection to S3 ({error})", "check the region and the credentials") from error
        return type(error).__name__.strip("_")

    def _of_answer(self, key: str, error: Any) -> str:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status == 412:
            raise self._overtaken(key, "read") from None
        if status == 404 and code != "NoSuchBucket":
            raise FileNotFoundError(2, "no such object", self.url(key)) from None
        if status in _TEMPORARY or code in _TEMPORARY_CODES:
            return code or str(status)
        problem = f"its server refused: {code} {said.get('Message', '')}".strip()
        raise self._error(key, problem, "check the bucket and what the credentials allow") from error

    def _error(self, key: str, problem: str, remedy: str) -> BucketError:
        return BucketError(self.url(key), problem, remedy)

    def _overtaken(self, key: str, what: str) -> Overtaken:
        problem = f"somebody else changed it while it was {what}, and nothing of theirs was overwritten"
        return Overtaken(self.url(key), problem, "run it again")


class _CutShort(Exception):
    """A body that ended before all of it came."""


def _failures() -> tuple[type[Exception], ...]:
    """What the client raises. A ResponseParserError is an answer that is no XML, cut short or of something between."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError, _CutShort


def endpoint_named(endpoint: str = "") -> str:
    """The server in place of Amazon's: the one given, else that of the environment, else ""."""
    return endpoint or next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")


def region_named(endpoint: str) -> str | None:
    """The region of the environment; a server of one's own has one that nobody asks for. None: let the SDK look."""
    return next((os.environ[name] for name in _REGIONS if os.environ.get(name)), "us-east-1" if endpoint else None)


def _connect(bucket: str, endpoint: str, timeout_s: float) -> Any:
    if importlib.util.find_spec("boto3") is None:
        raise LakeError(f"s3://{bucket}", "the S3 client is not installed", "pip install 'spymaster-tui[s3]'")
    named = endpoint_named(endpoint)
    if named:
        parts = urlsplit(named)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            raise LakeError(named, "is no S3 server's address", "write http://HOST:PORT or https://HOST")
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    region = region_named(named)
    config = Config(
        connect_timeout=timeout_s,
        read_timeout=timeout_s,
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": "path"} if named else {},
    )
    try:
        return boto3.session.Session().client("s3", endpoint_url=named or None, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise LakeError(
            f"s3://{bucket}", f"no connection to S3 ({error})", "check the region and the credentials"
        ) from error
