#!/usr/bin/env bash
# Expected: with max_reconnects=None, which stands for reconnecting without end, connect() comes back from any end of a
# connection that the caller did not ask for.
# What happens: close codes 1000 and 1001 ("going away", what a server that is restarted sends) make connect() return as
# if the work were done: no exception, no log line, no second connection. Any other code is answered
# by a new connection at once and without a pause between attempts: hundreds in four seconds.
set -euo pipefail

room="$(mktemp -d)"
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check 'polygon-api-client==1.16.3' 'websockets==16.0'
cat > "$room/run.py" <<'PY'
import asyncio
import json
import logging
from importlib.metadata import version

from polygon import WebSocketClient
from websockets.asyncio.server import serve

lines = []


class Keep(logging.Handler):
    def emit(self, record):
        if not record.name.startswith("websockets"):
            lines.append(record.getMessage())


def status(name):
    return json.dumps([{"ev": "status", "status": name, "message": name}])


async def after(code):
    connections = []

    async def vendor(socket):
        connections.append(socket)
        await socket.send(status("connected"))
        await socket.recv()
        await socket.send(status("auth_success"))
        await socket.recv()
        await socket.send(json.dumps([{"ev": "T", "sym": "SPY", "p": 660.0, "s": 1, "t": 1773765000000, "q": 1}]))
        await socket.close(code)

    async def processor(messages):
        pass

    async with serve(vendor, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = WebSocketClient(
            api_key="key", feed=f"127.0.0.1:{port}", secure=False, subscriptions=["T.SPY"], max_reconnects=None
        )
        task = asyncio.create_task(client.connect(processor))
        done, _ = await asyncio.wait({task}, timeout=4)
        how = "still running" if not done else repr(task.exception() or "returned")
        task.cancel()
        if client.websocket is not None:
            client.websocket.transport.abort()
    print(f"close {code}: connect() {how}, connections made: {len(connections)}, log lines: {len(lines)}")
    return done and how == repr("returned"), len(connections)


async def main():
    logging.getLogger().addHandler(Keep())
    logging.getLogger().setLevel(logging.INFO)
    print("polygon-api-client", version("polygon-api-client"), "websockets", version("websockets"))
    ended = [await after(code) for code in (1000, 1001)]
    came_back = await after(1011)
    if ended != [(True, 1)] * 2 or lines or came_back[0] or came_back[1] < 20:
        raise SystemExit("the behaviour has changed")


asyncio.run(main())
PY
timeout 60 "$room/venv/bin/python" "$room/run.py"
