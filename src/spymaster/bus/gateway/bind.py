"""Where a gateway listens, and who is let in there."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Mapping

import msgspec

from spymaster.bus.gateway.messages import Form
from spymaster.errors import ExitCode, UserError

TOKEN_VARIABLE = "SPYMASTER_GATEWAY_TOKEN"
"""The environment variable that holds the token, for a gateway and for who comes to it."""
_SHORTEST_TOKEN = 16
_UNREAD_BYTES = 256 * 1024


class GatewayPlan(msgspec.Struct, frozen=True):
    """What a gateway was asked to be. ``token``: empty lets in whoever reaches a loopback address; ``origins``: of
    pages from elsewhere that may connect; ``clients``: WebSockets at a time; ``messages_per_s``: what one may send."""

    host: str
    port: int
    token: str = ""
    form: Form = "native"
    origins: tuple[str, ...] = ()
    clients: int = 256
    messages_per_s: float = 60.0

    def __repr__(self) -> str:
        return f"GatewayPlan({self.url})"

    @property
    def url(self) -> str:
        """What to type into a browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's own name or address for itself."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def parse_listen(text: str, place: str) -> tuple[str, int]:
    """``HOST:PORT`` as both. ``place``: where it was written. Raises UserError."""
    host, _, port = text.rpartition(":")
    if not host.strip("[]") or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise UserError(place, f"{text!r} is no address", "give HOST:PORT, such as 127.0.0.1:8000", code=ExitCode.USAGE)
    return host.strip("[]"), int(port)


def token_of(environment: Mapping[str, str] = os.environ) -> str:
    """The token, empty without one. Raises UserError for one that could be guessed or cannot be sent."""
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        problem = f"has to be at least {_SHORTEST_TOKEN} printable ASCII characters without a space"
        raise UserError(TOKEN_VARIABLE, problem, "make one with: openssl rand -hex 32", code=ExitCode.USAGE)
    return token


def bound(plan: GatewayPlan) -> socket.socket:
    """A listening socket for a plan. Raises UserError, also where it would let in everybody."""
    if not plan.is_loopback and not plan.token:
        problem = f"{plan.host} can be reached from other machines, and no token is set"
        remedy = f"set {TOKEN_VARIABLE} (openssl rand -hex 32), or listen on 127.0.0.1"
        raise UserError("gateway", problem, remedy, code=ExitCode.USAGE)
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # what is on its way to a client is old by the time it is read: the system would let it become megabytes
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD_BYTES)
        made.bind((plan.host, plan.port))
        made.listen(256)
        made.setblocking(False)
    except OSError as error:
        made.close()
        problem = f"cannot listen there ({error.strerror})"
        raise UserError(plan.url, problem, "choose another address with --listen HOST:PORT") from None
    return made
