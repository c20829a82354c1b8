#!/usr/bin/env bash
# Expected: nats.connect(..., allow_reconnect=False) to a port nobody listens on fails at once with the system's error.
# The client tries it again every reconnect_time_wait, 61 times as max_reconnect_attempts has it by default (two minutes),
# then raises NoServersError without a cause; and max_reconnect_attempts=0 means for ever, not never. Whoever switches
# reconnecting off to supervise a connection himself waits two minutes for each try; the reason goes to error_cb alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check nats-py==2.16.0
"$work/venv/bin/python" - <<'PY'
import asyncio
import socket
from importlib.metadata import version

import nats


async def tried(limit: float, **options: object) -> tuple[str, list[str]]:
    """How connecting ends, and what error_cb was told on the way."""
    said: list[str] = []

    async def note(error: Exception) -> None:
        said.append(type(error).__name__)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # the time between two tries is shortened; their number is the client's own
    connecting = nats.connect(f"nats://127.0.0.1:{port}", error_cb=note, reconnect_time_wait=0.01, **options)
    try:
        await asyncio.wait_for(connecting, limit)
    except asyncio.TimeoutError:
        return "still trying", said
    except nats.errors.Error as error:
        return f"{type(error).__name__}, cause {error.__cause__}", said
    return "connected", said


async def main() -> None:
    print("nats-py", version("nats-py"))
    ended, said = await tried(120.0, allow_reconnect=False)
    print(f"allow_reconnect=False: {len(said)} tries ({said[0]}), then {ended}")
    assert len(said) == 61 and said[0] == "ConnectionRefusedError", said
    assert ended == "NoServersError, cause None", ended
    ended, said = await tried(5.0, allow_reconnect=False, max_reconnect_attempts=0)
    print(f"with max_reconnect_attempts=0: {ended} after more than 61 tries: {len(said) > 61}")
    assert ended == "still trying" and len(said) > 61, (ended, len(said))
    ended, said = await tried(60.0, allow_reconnect=False, max_reconnect_attempts=1)
    print(f"with max_reconnect_attempts=1: {len(said)} tries, then {ended}")
    assert len(said) == 2, said


asyncio.run(main())
PY
