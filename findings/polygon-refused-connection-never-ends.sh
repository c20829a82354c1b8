#!/usr/bin/env bash
# Expected: WebSocketClient(max_reconnects=0).connect() against a port where nobody listens raises, or at least warns.
# What happens: it tries for ever. A connection that is refused is no reconnect to the client, so max_reconnects is never
# reached; nothing is raised and nothing is logged at WARNING or above. A recorder started while the vendor is down, or
# with a misspelt host, looks healthy and records nothing.
set -euo pipefail

room="$(mktemp -d)"
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check 'polygon-api-client==1.16.3' 'websockets==16.0'
cat > "$room/run.py" <<'PY'
import asyncio
import logging
import socket
from importlib.metadata import version

from polygon import WebSocketClient

SECONDS = 12
lines = []


class Keep(logging.Handler):
    def emit(self, record):
        lines.append((record.levelname, record.name, record.getMessage()))


async def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logging.getLogger().addHandler(Keep())
    logging.getLogger().setLevel(logging.INFO)

    async def processor(messages):
        raise AssertionError("nobody sends anything")

    client = WebSocketClient(
        api_key="none", feed=f"127.0.0.1:{port}", secure=False, subscriptions=["T.SPY"], max_reconnects=0
    )
    task = asyncio.create_task(client.connect(processor))
    done, _ = await asyncio.wait({task}, timeout=SECONDS)
    loud = [line for line in lines if line[0] in ("WARNING", "ERROR", "CRITICAL")]
    print("polygon-api-client", version("polygon-api-client"), "websockets", version("websockets"))
    print(f"after {SECONDS} s against a closed port, max_reconnects=0: connect() is", "over" if done else "still running")
    print(f"log lines at WARNING or above: {len(loud)}; below: {len(lines) - len(loud)}")
    for line in lines[:2]:
        print("  ", *line)
    task.cancel()
    if done or loud:
        raise SystemExit("the behaviour has changed")


asyncio.run(main())
PY
timeout 60 "$room/venv/bin/python" "$room/run.py"
