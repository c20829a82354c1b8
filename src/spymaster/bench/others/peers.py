"""Peers on the file that we replay: each in a process of its own, in turn with ours, so often; wall and CPU."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.writer import DbnWriter
from spymaster.market.kinds import Kind

ROUNDS: Final = 3
HEAD_RECORDS: Final = 300_000
"""Whoever loads everything into memory gets so many records."""

_PROGRAMS: Final = Path(__file__).with_name("peer_programs.py")
_HEADS: Final = {"iterate": False, "to_ndarray": True, "nautilus": True, "hftbacktest": True}


class PeerFigures(msgspec.Struct):
    """One peer. ``wall_ns``, ``cpu_ns``: per record, one of each round; ``missing``: why there are none."""

    name: str
    version: str = ""
    records: int = 0
    wall_ns: list[float] = []
    cpu_ns: list[float] = []
    missing: str = ""

    def add(self, records: int, wall_s: float, cpu_s: float) -> None:
        """A round."""
        self.records = records
        self.wall_ns.append(wall_s * 1e9 / records)
        self.cpu_ns.append(cpu_s * 1e9 / records)


def peer_figures(
    path: Path, records: int, replay: Callable[[], object], python: str, rounds: int = ROUNDS
) -> list[PeerFigures]:
    """Ours first, under the name ``replay``. ``replay``: replays the whole file once; ``python``: an interpreter that
    has the peers."""
    head = write_head(path, path.with_name("head.mbp-10.dbn.zst"), HEAD_RECORDS)
    ours = PeerFigures("replay")
    peers = [PeerFigures(name) for name in _HEADS]
    replay()
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        replay()
        ours.add(records, time.perf_counter() - wall, time.process_time() - cpu)
        for peer in peers:
            if not peer.missing:
                _round(peer, head if _HEADS[peer.name] else path, python)
    return [ours, *peers]


def _round(peer: PeerFigures, path: Path, python: str) -> None:
    said = _run((python, str(_PROGRAMS), peer.name, str(path)))
    if "wall_s" in said:
        peer.version = said["version"]
        peer.add(said["records"], said["wall_s"], said["cpu_s"])
    elif "missing" in said:
        peer.missing = f"not installed: {said['missing']} in {python}"
    else:
        peer.missing = f"failed: {said['error']}"


def _run(command: Sequence[str]) -> dict[str, Any]:
    """What a program says of itself in its last line."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return {"error": f"{command[0]}: {error.strerror}"}
    lines = (done.stderr if done.returncode else done.stdout).strip().splitlines()
    if done.returncode or not lines:
        return {"error": lines[-1] if lines else f"it ended with {done.returncode}"}
    return dict(json.loads(lines[-1]))


def write_head(path: Path, head: Path, records: int) -> Path:
    """The first records of a file of MBP-10 as a file of its own; all where there are no more."""
    file = DbnFile.open(path)
    written = 0
    header = file.header
    symbols = {span.instrument_id: span.symbol for span in header.spans()}
    with DbnWriter(head, schema="mbp-10", dataset=header.dataset, symbol_map=symbols) as writer:
        for batch in file.chunks():
            part = batch.arrays[Kind.MBP10][: records - written]
            writer.write(part)
            written += len(part)
            if written >= records:
                break
    return head
