"""The REST interface of a loopback Massive server: chain snapshots by pages, trades, conditions, and its faults."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from spymaster.feeds.massive_live.conditions import PACKAGED
from spymaster.loopback.massive.served import Served
from spymaster.loopback.massive.troubles import RestAct, RestTrouble

_CHAIN: Final = "/v3/snapshot/options/"
_TRADES: Final = "/v3/trades/"
_CONDITIONS: Final = "/v3/reference/conditions"
_MOST_PAGE: Final = 250
_MOST_TRADES: Final = 50_000
_DEFAULT_PAGE: Final = 10
_END_NS: Final = 2**63 - 1


class RestInterface:
    """Answers GET requests. ``requests``: when (``time.monotonic``) and what was asked, and the status answered."""

    def __init__(self, server: Served, script: Sequence[RestTrouble]) -> None:
        self._server = server
        self._script = list(script)
        self._struck: Counter[int] = Counter()
        self._asked: Counter[int] = Counter()
        self.requests: list[tuple[float, str, int]] = []
        self.acts: list[tuple[float, RestAct]] = []

    async def answer(self, request: Request) -> Response:
        """The response to one request."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        trouble = self._trouble(parts.path)
        if trouble is not None and trouble.act is RestAct.SLOW:
            await asyncio.sleep(trouble.seconds)
        response = self._respond(request, parts.path, query, trouble)
        self.requests.append((time.monotonic(), request.path, response.status_code))
        return response

    def _respond(self, request: Request, path: str, query: dict[str, str], trouble: RestTrouble | None) -> Response:
        if trouble is not None and trouble.act is RestAct.STATUS:
            return _json(trouble.code, {"status": "ERROR", "error": trouble.text or HTTPStatus(trouble.code).phrase})
        if trouble is not None and trouble.act is RestAct.NOT_JSON:
            return _bytes(200, b"<html>not now</html>")
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._server.keys:
            return _json(401, {"status": "ERROR", "error": "Unknown API Key"})
        results = self._results(path, query)
        if results is None:
            return _json(404, {"status": "NOT_FOUND"})
        return _json(200, self._page(path, query, results, trouble))

    def _results(self, path: str, query: dict[str, str]) -> list[dict[str, Any]] | None:
        chain = self._server.chain
        if path == f"{_CHAIN}{self._server.reel.underlying}":
            return chain.rows(self._server.pace.now_ns(), query.get("expiration_date"))
        if path.startswith(_TRADES):
            from_ns, until_ns = int(query.get("timestamp.gte", 0)), int(query.get("timestamp.lt", _END_NS))
            now_ns = self._server.pace.now_ns()
            return chain.trades(path.removeprefix(_TRADES), from_ns, min(until_ns, now_ns + 1))
        if path == _CONDITIONS:
            return [
                {"id": code, "name": letter, "data_types": ["trade"], "sip_mapping": {"OPRA": letter}}
                for letter, code in self._server.conditions.items()
            ]
        return None

    def _page(
        self, path: str, query: dict[str, str], results: list[dict[str, Any]], trouble: RestTrouble | None
    ) -> dict[str, Any]:
        most = _MOST_TRADES if path.startswith(_TRADES) else _MOST_PAGE
        size = min(int(query.get("limit", _DEFAULT_PAGE)), most)
        at = int(query.get("cursor", 0))
        page: dict[str, Any] = {"status": "OK", "request_id": "loopback", "results": results[at : at + size]}
        following = at + size if at + size < len(results) else None
        act = None if trouble is None else trouble.act
        if act is RestAct.SAME_PAGE:
            following = at
        if act is RestAct.WRONG_PAGE:
            path, following = "/v3/nowhere", at + size
        if act is RestAct.NO_RESULTS:
            del page["results"]
        if following is not None:
            page["next_url"] = f"http://{self._server.rest_host}{path}?{urlencode(query | {'cursor': str(following)})}"
        return page

    def _trouble(self, path: str) -> RestTrouble | None:
        for place, trouble in enumerate(self._script):
            if not path.startswith(trouble.path):
                continue
            self._asked[place] += 1
            if self._asked[place] > trouble.after and self._struck[place] < trouble.times:
                self._struck[place] += 1
                self.acts.append((time.monotonic(), trouble.act))
                return trouble
        return None


def packaged_conditions() -> dict[str, int]:
    """Letter -> code, as the vendor has published them."""
    return dict(PACKAGED)


def _json(status: int, content: Any) -> Response:
    return _bytes(status, json.dumps(content).encode())


def _bytes(status: int, body: bytes) -> Response:
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, body)
