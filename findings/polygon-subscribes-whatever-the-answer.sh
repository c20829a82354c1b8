#!/usr/bin/env bash
# Expected: a client whose key was not accepted sends no subscriptions and says so.
# What happens: every answer to the key but the literal "auth_failed" counts as a yes. After "auth_timeout", or a status
# nobody knows, the client subscribes and waits for ever on a connection that will never send a record; with raw=True the
# answer is not handed on either, so the caller cannot know.
set -euo pipefail

room="$(mktemp -d)"
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check 'polygon-api-client==1.16.3' 'websockets==16.0'
cat > "$room/run.py" <<'PY'
import asyncio
import json
from importlib.metadata import version

from polygon import WebSocketClient
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ANSWERS = ("auth_timeout", "error", "never_heard_of")


def status(name):
    return json.dumps([{"ev": "status", "status": name, "message": name}])


async def after(answer):
    asked, handed_on = [], []

    async def vendor(socket):
        await socket.send(status("connected"))
        asked.append(json.loads(await socket.recv())["action"])
        await socket.send(status(answer))
        try:
            async for message in socket:
                asked.append(json.loads(message)["action"])
        except ConnectionClosed:
            return

    async def processor(message):
        handed_on.append(message)

    async with serve(vendor, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = WebSocketClient(
            api_key="key", feed=f"127.0.0.1:{port}", secure=False, subscriptions=["T.SPY"], raw=True
        )
        task = asyncio.create_task(client.connect(processor))
        done, _ = await asyncio.wait({task}, timeout=3)
        task.cancel()
        if client.websocket is not None:
            client.websocket.transport.abort()
    print(f"answer {answer!r}: client sent {asked}, handed on {len(handed_on)} messages,", "ended" if done else "waits")
    return asked == ["auth", "subscribe"] and not handed_on and not done


async def main():
    print("polygon-api-client", version("polygon-api-client"), "websockets", version("websockets"))
    if not all([await after(answer) for answer in ANSWERS]):
        raise SystemExit("the behaviour has changed")


asyncio.run(main())
PY
timeout 60 "$room/venv/bin/python" "$room/run.py"
