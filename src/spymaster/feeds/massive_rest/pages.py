"""An answer that comes in pages: all of them, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from spymaster.feeds.massive_rest.rest_client import RestClient, RestError

_MOST_PAGES: Final = 100


class _Page(msgspec.Struct):
    results: list[msgspec.Raw] | None = None
    next_url: str | None = None


def pages(client: RestClient, path: str, **query: str) -> Iterable[list[msgspec.Raw]]:
    """The results of each page, as long as they are what they should be."""
    body = client.get(path, **query)
    seen: set[str] = set()
    while True:
        try:
            page = msgspec.json.decode(body, type=_Page)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise RestError(f"{path}: page {len(seen) + 1} is not what the vendor describes") from None
        if page.results is None:
            raise RestError(f"{path}: page {len(seen) + 1} has no results")
        yield page.results
        if not page.next_url:
            return
        if page.next_url in seen:
            raise RestError(f"{path}: page {len(seen) + 1} names an earlier page as the next one")
        seen.add(page.next_url)
        if len(seen) >= _MOST_PAGES:
            raise RestError(f"{path}: more than {_MOST_PAGES} pages")
        body = client.follow(page.next_url)
