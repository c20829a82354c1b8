#!/usr/bin/env bash
# Expected: Live.symbology_map says which instrument id a symbol has now. What happens: ids given in an earlier
# session stay in it after a reconnect, so that two ids carry one symbol and nothing tells which is current; ids
# are valid for a day only and are given anew, perhaps to another instrument. It matters to whoever joins records
# by that map across a reconnect at midnight or a gateway's restart.
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


async def first(gateway, writer):
    writer.write(header() + mapping("ESM6", 17) + trades(1, 17))
    await writer.drain()
    await asyncio.sleep(0.3)
    reset(writer)


async def second(gateway, writer):
    writer.write(header() + mapping("ESM6", 18) + trades(1, 18))
    await asyncio.sleep(3600)


gateway = Gateway(first, second)
live = client(gateway)
live.start()
time.sleep(3)
print("databento", version("databento"))
print("sent: 17 is ESM6; after the reconnect: 18 is ESM6. symbology_map:", dict(live.symbology_map))
sys.exit(0 if dict(live.symbology_map) == {17: "ESM6", 18: "ESM6"} else 1)
PYTHON
