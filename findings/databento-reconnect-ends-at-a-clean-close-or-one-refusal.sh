#!/usr/bin/env bash
# Expected: with reconnect_policy="reconnect" the client of Databento Live comes back whenever its gateway does.
# What happens: a gateway that closes in order (a planned restart) is never reconnected to, and after a reset a
# single refused attempt ends reconnecting for good, although the gateway is back a second later; only
# block_for_close ever tells. It matters because a recorder that trusts the policy loses the rest of the day
# without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "databento==0.88.0" "databento-dbn==0.70.0"
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio, logging, socket, struct, sys, threading, time, warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import databento
import databento_dbn as dbn

KEY = "db-" + "x" * 29


def header():
    return bytes(dbn.Metadata(dataset="GLBX.MDP3", start=1, stype_in=None,
                              stype_out=dbn.SType.from_str("instrument_id"), schema=None, version=3))


def mapping(symbol, number):
    raw = dbn.SType.from_str("raw_symbol")
    return bytes(dbn.SymbolMappingMsg(1, number, 1, raw, symbol, raw, symbol, 0, 0))


def trades(count, number=17):
    return b"".join(struct.pack("<BBHIQqIccBBQiI", 12, 0, 1, number, 10**18 + i, 5000 * 10**9, 1, b"T", b"B", 128, 0,
                                10**18 + i, 0, i) for i in range(count))


class Gateway:
    """Greets, takes any key, and serves each connection by its plan once the session is started."""

    def __init__(self, *plans):
        self.plans, self.connections, self.ready = plans, 0, threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen(0))
        self.ready.set()
        self.loop.run_forever()

    async def listen(self, port):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        plan = self.plans[min(self.connections, len(self.plans) - 1)]
        self.connections += 1
        writer.write(b"lsg_version=0.7\ncram=abc\n")
        await reader.readline()
        writer.write(b"success=1|session_id=1\n")
        while not (await reader.readline()).startswith(b"start_session"):
            pass
        await plan(self, writer)


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def client(gateway):
    live = databento.Live(key=KEY, gateway="127.0.0.1", port=gateway.port, heartbeat_interval_s=5,
                          reconnect_policy="reconnect")
    live.subscribe("GLBX.MDP3", "trades", "ESM6")
    return live


async def close(gateway, writer):
    writer.write(header() + mapping("ESM6", 17) + trades(3))
    await writer.drain()
    writer.close()


async def reset_and_refuse(gateway, writer):
    writer.write(header() + mapping("ESM6", 17) + trades(3))
    await writer.drain()
    await asyncio.sleep(0.3)
    gateway.server.close()
    reset(writer)
    await asyncio.sleep(1.0)
    await gateway.listen(gateway.port)


async def stay(gateway, writer):
    writer.write(header() + mapping("ESM6", 17) + trades(3))
    await asyncio.sleep(3600)


def connections(first):
    gateway = Gateway(first, stay)
    live = client(gateway)
    live.start()
    time.sleep(6)
    try:
        live.block_for_close(timeout=1)
        said = "nothing"
    except databento.BentoError as error:
        said = str(error).partition(":")[0]
    return gateway.connections, said


print("databento", version("databento"))
closed, said_closed = connections(close)
print(f"closed in order, gateway still there: {closed} connection(s) in 6 s, block_for_close says {said_closed}")
refused, said_refused = connections(reset_and_refuse)
print(f"reset, gone for one second: {refused} connection(s) in 6 s, block_for_close says {said_refused!r}")
sys.exit(0 if (closed, refused) == (1, 1) else 1)
PYTHON
