#!/usr/bin/env bash
# A server that refuses a WebSocket by the "Websocket Denial Response" extension of ASGI (a status, a body, done) would be
# expected to log a refusal, if anything. uvicorn's own WebSocket protocol sends the whole answer to the client and then
# logs an ERROR for each one: "ASGI callable returned without completing handshake." Whoever watches a market data
# gateway's log for errors, or has it on a terminal under a screen, is told of a fault at every wrong token.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 websockets==17.4

cat > "$work/refusal.py" <<'PYTHON'
import asyncio
import logging
import socket

import uvicorn

SAID: list[str] = []


class Keep(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            SAID.append(f"{record.levelname}: {record.getMessage()}")


async def refuse(scope, receive, send):
    """Refuses every WebSocket as the extension says."""
    assert "websocket.http.response" in scope["extensions"]
    assert (await receive())["type"] == "websocket.connect"
    body = b"no token"
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


async def main() -> None:
    logging.getLogger("uvicorn.error").addHandler(Keep())
    at = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(refuse, ws="websockets-sansio", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[at]))
    while not server.started:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*at.getsockname())
    writer.write(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = await reader.read()
    writer.close()
    server.should_exit = True
    await serving
    first, _, rest = answer.partition(b"\r\n")
    print("the client got:", first.decode(), "/", rest.rpartition(b"\r\n")[2].decode())
    print("the server logged:", SAID)
    assert first.startswith(b"HTTP/1.1 401") and answer.endswith(b"no token"), "the refusal did not arrive whole"
    assert SAID == ["ERROR: ASGI callable returned without completing handshake."], "the behaviour has changed"


asyncio.run(main())
PYTHON
"$work/venv/bin/python" -c 'import uvicorn; print("uvicorn", uvicorn.__version__)'
"$work/venv/bin/python" "$work/refusal.py"
