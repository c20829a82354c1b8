"""A page of figures over HTTP, in threads of its own: ``GET /metrics`` and nothing else."""

from __future__ import annotations

import hmac
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from spymaster.bus.gateway.bind import TOKEN_VARIABLE, is_loopback
from spymaster.bus.gateway.metrics import CONTENT_TYPE
from spymaster.errors import ExitCode, UserError

_PATIENCE_S: Final = 5.0
"""Who has asked for nothing by then is sent away."""
_MOST_AT_ONCE: Final = 8

_log = logging.getLogger(__name__)


class MetricsServer:
    """Answers who asks with ``text()``. ``token``: asked for where it is not empty.

    Raises UserError where it cannot listen, or where others could reach it and no token is set.
    """

    def __init__(self, host: str, port: int, token: str, text: Callable[[], str]) -> None:
        if not token and not is_loopback(host):
            problem = f"{host} can be reached from other machines, and no token is set"
            remedy = f"set {TOKEN_VARIABLE} (openssl rand -hex 32), or listen on 127.0.0.1"
            raise UserError("metrics", problem, remedy, code=ExitCode.USAGE)
        try:
            self._server = _Server(host, port, token, text)
        except OSError as error:
            problem = f"cannot listen on {host}:{port} ({error.strerror})"
            raise UserError("metrics", problem, "choose another address in [metrics] listen") from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, token: str, text: Callable[[], str]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.token, self.text = token, text
        self.at_once = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__((host, port), _Page)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Of many at once a few are answered and the others are let go."""
        if not self.at_once.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type]
            return
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self.at_once.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who went away before the answer is no news."""


class _Page(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server_version = "spymaster-tui"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """The page."""
        if self.path.partition("?")[0] != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"there is /metrics\n", "text/plain")
        elif not self._is_let_in():
            self._answer(HTTPStatus.UNAUTHORIZED, b"a token is needed\n", "text/plain")
        else:
            self._answer(HTTPStatus.OK, self.server.text().encode(), CONTENT_TYPE)

    def _is_let_in(self) -> bool:
        given = self.headers.get("Authorization", "")
        return not self.server.token or hmac.compare_digest(
            given.encode("utf-8", "replace"), f"Bearer {self.server.token}".encode()
        )

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the overridden method's own name)
        """Every scrape would be a line."""
        _log.debug(format, *args)
