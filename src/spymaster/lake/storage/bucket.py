"""A lake in a bucket: files are written to a spool folder of this machine first, then sent whole.

Credentials come from the environment or whatever else the S3 SDK looks at, never from a file of ours. A server other
than Amazon's is named by ``[lake] s3_endpoint`` or by ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from spymaster.atomic_output import PARTIAL
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.files import S3_SCHEME, Storage, Upload, parquet_dataset

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_COPY_BYTES: Final = 8 * 1024 * 1024
_TIMEOUT_S: Final = 20


class S3Storage(Storage):
    """``s3://BUCKET/PREFIX``. Raises LakeError for a place that cannot be one."""

    is_remote = True

    def __init__(self, url: str, *, spool: Path | None = None, endpoint: str = "") -> None:
        self._prefix = url.removeprefix(S3_SCHEME).rstrip("/")
        self.name = f"{S3_SCHEME}{self._prefix}"
        if not self._prefix or self._prefix.startswith("/"):
            raise LakeError(url, "names no bucket", f"write {S3_SCHEME}BUCKET/PREFIX")
        self._files = _connect(endpoint or next((os.environ[n] for n in _ENDPOINTS if os.environ.get(n)), ""), url)
        self._spool = spool or Path(tempfile.gettempdir()) / "spymaster-lake-spool"

    def create(self, name: str) -> Upload:
        """Begin a file in the spool folder."""
        self._spool.mkdir(parents=True, exist_ok=True)
        return Upload(self._spool / f"{uuid.uuid4().hex}{PARTIAL}")

    def commit(self, upload: Upload, name: str) -> None:
        """Send it. The bucket shows an object only once it is whole. Where that fails nothing is left in the spool."""
        upload.make_durable()
        try:
            with upload.path.open("rb") as source, self._files.open_output_stream(self._key(name)) as target:
                shutil.copyfileobj(source, target, _COPY_BYTES)
        finally:
            upload.path.unlink(missing_ok=True)

    def open(self, name: str) -> Any:
        """The object; only what is read is fetched."""
        return self._files.open_input_file(self._key(name))

    def read(self, name: str) -> bytes:
        """All bytes."""
        with self._files.open_input_stream(self._key(name)) as stream:
            data: bytes = stream.read()
            return data

    def names(self, under: str = "") -> list[str]:
        """Objects below a prefix."""
        selector = fs.FileSelector(self._key(under), allow_not_found=True, recursive=True)
        found = (info.path for info in self._files.get_file_info(selector) if info.type == fs.FileType.File)
        return sorted(path.removeprefix(f"{self._prefix}/") for path in found)

    def size(self, name: str) -> int:
        """Bytes."""
        info = self._files.get_file_info(self._key(name))
        if info.type != fs.FileType.File:
            raise FileNotFoundError(2, "no such object", self.url(name))
        return int(info.size)

    def remove(self, name: str) -> None:
        """Remove an object."""
        if self._files.get_file_info(self._key(name)).type == fs.FileType.File:
            self._files.delete_file(self._key(name))

    def url(self, name: str) -> str:
        """As an ``s3://`` URL."""
        return f"{self.name}/{name}"

    def dataset(self, names: list[str], schema: Any) -> Any:
        """Objects, read as they are asked for."""
        return parquet_dataset([self._key(name) for name in names], schema, self._files)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}".rstrip("/")


def _connect(endpoint: str, url: str) -> Any:
    options: dict[str, Any] = {"connect_timeout": _TIMEOUT_S, "request_timeout": _TIMEOUT_S}
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            raise LakeError(endpoint, "is no S3 server's address", "write http://HOST:PORT or https://HOST")
        options |= {"endpoint_override": parts.netloc, "scheme": parts.scheme}
    region = next((os.environ[name] for name in _REGIONS if os.environ.get(name)), "us-east-1" if endpoint else "")
    if region:
        options["region"] = region
    try:
        return fs.S3FileSystem(**options)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(url, f"no connection to S3 ({error})", "check the region and the credentials") from error
