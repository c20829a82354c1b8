"""From the name of a lake's root to its storage. Apart from both kinds of storage, so that neither knows the other."""

from __future__ import annotations

import os
from pathlib import Path

from spymaster.lake.storage.files import S3_SCHEME, LocalStorage, Storage


def open_storage(root: str | os.PathLike[str], *, spool: Path | None = None, s3_endpoint: str = "") -> Storage:
    """The storage of a lake's root: a folder, or ``s3://BUCKET/PREFIX``.

    ``spool``: where files wait before they are sent to a bucket. ``s3_endpoint``: URL of a server that speaks S3, in
    place of Amazon's; without, the environment decides. Raises LakeError.
    """
    text = os.fspath(root)
    if not text.startswith(S3_SCHEME):
        return LocalStorage(Path(text))
    from spymaster.lake.storage.bucket import S3Storage

    return S3Storage(text, spool=spool, endpoint=s3_endpoint)
