"""A lake in a bucket: files are written to a spool folder of this machine first, then sent whole.

An object takes the place of the one that was looked at before, and of no other: of two writers the second is refused.
Credentials come from the environment or whatever else the S3 SDK looks at, never from a file of ours. A server other
than Amazon's is named by ``[lake] s3_endpoint`` or by ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pyarrow import fs

from spymaster.atomic_output import PARTIAL
from spymaster.lake.errors import LakeError, Overtaken
from spymaster.lake.storage.files import S3_SCHEME, Storage, Upload, parquet_dataset
from spymaster.lake.storage.names import LISTED, NameLedger, existing
from spymaster.lake.storage.object_file import ObjectFile, ObjectsOfDataset, read_ahead
from spymaster.lake.storage.requests import Found, Requests

_OWN: Final = ".bucket"
"""Objects of this room, which are no files of the lake."""


class S3Storage(Storage):
    """``s3://BUCKET/PREFIX``. Raises LakeError for a place that cannot be one, and without the client.

    What is refused because somebody else was faster raises Overtaken; after it the object is looked at anew, so that
    whoever begins again stands on what the other wrote. ``sleep``, ``timeout_s``: between and within requests.
    """

    is_remote = True

    def __init__(
        self,
        url: str,
        *,
        spool: Path | None = None,
        endpoint: str = "",
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = 0.0,
    ) -> None:
        bucket, _, prefix = url.removeprefix(S3_SCHEME).rstrip("/").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self.name = f"{S3_SCHEME}{bucket}/{prefix}".rstrip("/")
        if not bucket:
            raise LakeError(url, "names no bucket", f"write {S3_SCHEME}BUCKET/PREFIX")
        self._requests = Requests(bucket, endpoint, sleep=sleep, timeout_s=timeout_s)
        self._spool = spool or Path(tempfile.gettempdir()) / "spymaster-lake-spool"
        self._seen: dict[str, str | None] = {}
        self._ledgers = {folder: NameLedger(self._requests, self._key(f"{_OWN}/{folder}")) for folder in LISTED}
        self._keeps_conditions = False

    @property
    def repeated(self) -> Mapping[str, int]:
        """How often a request had to be made again, by reason."""
        return self._requests.repeated

    def create(self, name: str) -> Upload:
        """Begin a file in the spool folder, to take the place of what stands under the name now."""
        if name not in self._seen:
            self._look_or_none(name)
        self._spool.mkdir(parents=True, exist_ok=True)
        return Upload(self._spool / f"{uuid.uuid4().hex}{PARTIAL}")

    def commit(self, upload: Upload, name: str) -> None:
        """Send it. The bucket shows an object only once it is whole. Where that fails nothing is left in the spool."""
        upload.make_durable()
        try:
            self._check_conditions()
            with upload.path.open("rb") as source:
                version = self._requests.put(self._key(name), source, upload.sha256, self._seen.get(name))
        except Overtaken:
            self._seen.pop(name, None)
            raise
        finally:
            upload.path.unlink(missing_ok=True)
        self._seen[name] = version
        if (ledger := self._ledger(name)) is not None:
            ledger.add(name)

    def open(self, name: str) -> Any:
        """The object; only what is read is fetched."""
        return read_ahead(ObjectFile(self._requests, self._key(name), self._look(name)))

    def read(self, name: str) -> bytes:
        """All bytes."""
        self._seen[name] = None
        data, self._seen[name] = self._requests.fetch(self._key(name))
        return data

    def names(self, under: str = "") -> list[str]:
        """Objects below a prefix."""
        prefix = f"{self._key(under)}/" if under else self._prefix
        listed = {key.removeprefix(self._prefix) for key in self._requests.keys(prefix)}
        found = {name for name in listed if not any(part.startswith(".") for part in name.split("/"))}
        for folder, ledger in self._ledgers.items():
            if under not in ("", folder) and not under.startswith(f"{folder}/"):
                continue
            kept = ledger.names()
            if kept is not None:
                kept = frozenset(name for name in kept if name.startswith(f"{under}/" if under else ""))
            here = {name for name in found if name.startswith(f"{folder}/")}
            found = (found - here) | existing(here, kept, self._is_there)
        return sorted(found)

    def size(self, name: str) -> int:
        """Bytes."""
        return self._look(name).size

    def said_sha256(self, name: str) -> str:
        """Of what stands there now, as its writer said."""
        return self._look(name).sha256

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._requests.remove(self._key(name))
        self._seen[name] = None
        if (ledger := self._ledger(name)) is not None:
            ledger.drop(name)

    def url(self, name: str) -> str:
        """As an ``s3://`` URL."""
        return f"{self.name}/{name}"

    def dataset(self, names: list[str], schema: Any) -> Any:
        """Objects, read as they are asked for."""
        filesystem = fs.PyFileSystem(ObjectsOfDataset(self._requests))
        return parquet_dataset([self._key(name) for name in names], schema, filesystem)

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _ledger(self, name: str) -> NameLedger | None:
        return self._ledgers.get(name.partition("/")[0])

    def _look(self, name: str) -> Found:
        self._seen[name] = None
        found = self._requests.look(self._key(name))
        self._seen[name] = found.version
        return found

    def _look_or_none(self, name: str) -> Found | None:
        try:
            return self._look(name)
        except FileNotFoundError:
            return None

    def _is_there(self, name: str) -> bool:
        return self._look_or_none(name) is not None

    def _check_conditions(self) -> None:
        """Refuse, once, a server that takes conditions and does not keep them: two writers would overwrite each other
        on it, and neither would know. Raises LakeError."""
        if self._keeps_conditions:
            return
        key = self._key(f"{_OWN}/conditions")
        try:
            # written twice where nothing may stand: the second time at the latest has to be refused
            for _ in range(2):
                self._requests.put(key, b"", "", None)
        except Overtaken:
            self._keeps_conditions = True
            return
        raise LakeError(
            self.name,
            "its server ignores the conditions of a write, so two writers would overwrite each other",
            "use a server that keeps If-None-Match and If-Match",
        )
