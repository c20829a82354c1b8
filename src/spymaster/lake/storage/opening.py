"""From the name of a lake's root to its storage. Apart from both kinds of storage, so that neither knows the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from spymaster.lake.storage.files import S3_SCHEME, LocalStorage, Storage

_AS_PATH: Final = "s3:/"
"""How a bucket's address begins once it went through a Path, which folds its two slashes into one."""


def bucket_url(root: str | os.PathLike[str]) -> str | None:
    """The address of a lake in a bucket, ``s3://BUCKET/PREFIX``, also where it was read as a path; None for a folder.

    A folder that is called ``s3:`` is named by its absolute path.
    """
    text = os.fspath(root)
    if text.startswith(S3_SCHEME):
        return text
    return f"{S3_SCHEME}{text.removeprefix(_AS_PATH)}" if text.startswith(_AS_PATH) else None


def open_storage(root: str | os.PathLike[str], *, spool: Path | None = None, s3_endpoint: str = "") -> Storage:
    """The storage of a lake's root: a folder, or ``s3://BUCKET/PREFIX``.

    ``spool``: where files wait before they are sent to a bucket. ``s3_endpoint``: URL of a server that speaks S3, in
    place of Amazon's; without, the environment decides. Raises LakeError.
    """
    url = bucket_url(root)
    if url is None:
        return LocalStorage(Path(root))
    from spymaster.lake.storage.bucket import S3Storage

    return S3Storage(url, spool=spool, endpoint=s3_endpoint)
