"""A server that speaks S3, and one in front of it that fails, slows and lies as a test tells it to."""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

BUCKET = "spymaster-test"
_OF_ONE_HOP = ("connection", "content-length", "transfer-encoding", "expect", "host")


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server with one empty bucket; credentials come from the environment. Skips without moto."""
    server_module = pytest.importorskip("moto.server", reason="moto[server,s3] is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        server = server_module.ThreadedMotoServer(port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        # what it holds is kept in this process, for one server after another
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
        boto3.client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)
        try:
            yield url
        finally:
            server.stop()


@dataclass(frozen=True)
class Asked:
    """One request as it came. ``part``: its range of bytes, "" for all."""

    method: str
    path: str
    part: str = ""


@dataclass
class Answer:
    """What the server behind answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Fault = Callable[["Handling"], None]
"""Takes the place of a plain answer."""


class Handling:
    """One request that a fault is made of."""

    def __init__(self, handler: Any, asked: Asked, forward: Callable[[], Answer]) -> None:
        self._handler = handler
        self.asked = asked
        self.forward = forward

    def send(self, answer: Answer, *, of_body: int | None = None) -> None:
        """Answer; with ``of_body`` only so many bytes of a body that was announced whole."""
        handler = self._handler
        handler.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OF_ONE_HOP:
                handler.send_header(name, value)
        if not (length := dict(answer.headers).get("Content-Length")) or self.asked.method != "HEAD":
            length = str(len(answer.body))
        handler.send_header("Content-Length", length)
        handler.end_headers()
        if self.asked.method != "HEAD":
            handler.wfile.write(answer.body if of_body is None else answer.body[:of_body])
        if of_body is not None:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self._handler.close_connection = True

    def wait_for_the_other_to_give_up(self) -> None:
        """Say nothing until the client closes the connection."""
        self._handler.rfile.read(1)
        self.hang_up()


def busy(handling: Handling) -> None:
    """503, and nothing was done."""
    body = b"<Error><Code>SlowDown</Code><Message>reduce your request rate</Message></Error>"
    handling.send(Answer(503, [("Content-Type", "application/xml")], body))


def gone_before(handling: Handling) -> None:
    """The connection breaks before anything was done."""
    handling.hang_up()


def gone_after(handling: Handling) -> None:
    """It was done, and the answer is lost."""
    handling.forward()
    handling.hang_up()


def cut(handling: Handling) -> None:
    """It was done, and of the answer's body only the half arrives; of a refusal, or an answer without one, nothing."""
    answer = handling.forward()
    if answer.body and answer.status < 300:
        handling.send(answer, of_body=len(answer.body) // 2)
    else:
        handling.hang_up()


def silent(handling: Handling) -> None:
    """No answer ever comes."""
    handling.wait_for_the_other_to_give_up()


FAULTS = {"busy": busy, "gone before": gone_before, "gone after": gone_after, "cut": cut}


@dataclass
class FaultyServer:
    """Stands before an S3 server. ``fault``: asked of every request, what is to happen instead of the plain answer.

    ``change``: makes another answer of the true one. ``drops``: headers that are not handed on.
    """

    behind: str
    fault: Callable[[Asked], Fault | None] = lambda asked: None
    change: Callable[[Asked, Answer], Answer] = lambda asked, answer: answer
    drops: tuple[str, ...] = ()
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[FaultyServer]:
        """At ``url``."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def fail_each_once(self, how: Fault) -> list[Asked]:
        """Every request fails the first time it is made; the requests that did."""
        failed: list[Asked] = []
        lock = threading.Lock()

        def first_time(asked: Asked) -> Fault | None:
            with lock:
                if asked in failed:
                    return None
                failed.append(asked)
                return how

        self.fault = first_time
        return failed

    def _forward(self, asked: Asked, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.behind).netloc)
        try:
            connection.request(asked.method, asked.path, body, headers)
            response = connection.getresponse()
            return self.change(asked, Answer(response.status, response.getheaders(), response.read()))
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                left_out = {*_OF_ONE_HOP, *server.drops}
                headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
                asked = Asked(self.command, self.path, self.headers.get("Range", ""))
                server.asked.append(asked)
                handling = Handling(self, asked, lambda: server._forward(asked, headers, body))
                fault = server.fault(asked)
                if fault is None:
                    handling.send(handling.forward())
                else:
                    fault(handling)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def without_entries(names: str) -> Callable[[Asked, Answer], Answer]:
    """Lists that are behind: the keys that a pattern finds are missing."""

    def behind(asked: Asked, answer: Answer) -> Answer:
        if "list-type=2" not in asked.path:
            return answer
        entries = re.compile(rb"<Contents>(?:(?!</Contents>).)*</Contents>", re.DOTALL)
        wanted = re.compile(names.encode())
        body = entries.sub(lambda match: b"" if wanted.search(match[0]) else match[0], answer.body)
        return Answer(answer.status, answer.headers, body)

    return behind


def with_entries(*keys: str) -> Callable[[Asked, Answer], Answer]:
    """Lists that are behind: keys that were removed are still there."""

    def behind(asked: Asked, answer: Answer) -> Answer:
        if "list-type=2" not in asked.path:
            return answer
        stale = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys).encode()
        end = b"</ListBucketResult>"
        return Answer(answer.status, answer.headers, answer.body.replace(end, stale + end))

    return behind
