"""Who is let in: stands before everything a gateway answers, and says no in one line.

A page of another site can have a browser connect to this machine, so on a loopback address too the names a request was
made under are looked at; a token is asked for wherever one is set, and one must be set for any other address.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from spymaster.bus.gateway.bind import GatewayPlan, is_loopback
from spymaster.bus.gateway.limits import Complaints, WrongTokens

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PROTOCOL_NAME: Final = "spymaster"
"""The WebSocket subprotocol that a browser's page names beside ``TOKEN_PROTOCOL``."""
TOKEN_PROTOCOL: Final = "spymaster.token."
"""How a page, which can set no header, sends the token: a subprotocol of this beginning, the token in base64url."""
OPEN_PATHS: Final = frozenset({"/", "/page.js"})
"""The page itself, which holds nothing."""


class Refusal:
    """Why somebody is not let in: an HTTP status and a few words."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words


class Gate:
    """An ASGI application that asks another one only for who may come in."""

    def __init__(self, app: ASGIApp, plan: GatewayPlan, complaints: Complaints, wrong: WrongTokens) -> None:
        self._app, self._plan, self._complaints, self._wrong = app, plan, complaints, wrong
        self._token = hashlib.sha256(plan.token.encode()).digest()
        self.clients = 0
        """WebSockets now."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        refusal = self._refusal(scope)
        if refusal is not None:
            self._complaints.add(refusal.words, peer_of(scope))
            await _refuse(refusal, scope, receive, send)
            return
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        self.clients += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.clients -= 1

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = _headers(scope)
        if not self._plan.token and not is_loopback(_hostname(f"//{headers.get('host', '')}")):
            return Refusal(403, "a name that is not this machine's")
        if not self._origin_is_known(headers):
            return Refusal(403, "a page of another site")
        if self._plan.token and not (scope["type"] == "http" and scope["path"] in OPEN_PATHS):
            wrong = self._wrong_token(headers, peer_of(scope))
            if wrong is not None:
                return wrong
        if scope["type"] == "websocket" and self.clients >= self._plan.clients:
            return Refusal(503, f"{self._plan.clients} clients are connected already")
        return None

    def _origin_is_known(self, headers: dict[str, str]) -> bool:
        origin = headers.get("origin")
        if origin is None or origin in self._plan.origins:
            return True
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()

    def _wrong_token(self, headers: dict[str, str], peer: str) -> Refusal | None:
        if self._wrong.too_many(peer):
            return Refusal(429, "too many wrong tokens from there")
        given = _token_in(headers)
        if given is None:
            return Refusal(401, "no token")
        # digests have one length, and comparing them takes one time
        if not hmac.compare_digest(hashlib.sha256(given).digest(), self._token):
            self._wrong.add(peer)
            return Refusal(401, "wrong token")
        return None


def peer_of(scope: Scope) -> str:
    """The address a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else "a socket"


def subprotocol_of(scope: Scope) -> str | None:
    """The subprotocol to be agreed on, None where none was offered that we know."""
    return PROTOCOL_NAME if PROTOCOL_NAME in scope.get("subprotocols", ()) else None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _token_in(headers: dict[str, str]) -> bytes | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip().encode("latin-1")
    for offered in headers.get("sec-websocket-protocol", "").split(","):
        name = offered.strip()
        if name.startswith(TOKEN_PROTOCOL):
            text = name.removeprefix(TOKEN_PROTOCOL)
            try:
                return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            except (binascii.Error, ValueError):
                return b""
    return None


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    from starlette.responses import JSONResponse

    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
    response = JSONResponse({"error": refusal.words}, refusal.status, headers)
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.words})
        return

    async def denied(message: Any) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await response({**scope, "type": "http", "method": "GET"}, receive, denied)
