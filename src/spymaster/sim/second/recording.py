"""A session of the plain market as a recording: a folder of DBN files, a manifest, and its truth in a file apart."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.feeds.dbn.writer import DbnWriter, write_dbn
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE
from spymaster.market.levels import format_price_e9
from spymaster.market.manifest import (
    MANIFEST_NAME,
    RecordingLevel,
    RecordingManifest,
    encode_manifest,
)
from spymaster.sim.instrument import INSTRUMENT_ID
from spymaster.sim.recording.files import DATASET, SYMBOL, es_definition, file_entry, moment_of
from spymaster.sim.second.plan import Mechanism, Plan, named_plan
from spymaster.sim.second.session import stream

GENERATOR: Final = "plain"
START_NS: Final = 1_773_754_080 * NS_PER_S
"""2026-03-17 09:28 in New York; ESM6 became the front month the day before."""
MINUTES: Final = 14
TRUTH_NAME: Final = "truth.json"
NOTE: Final = "SIMULATED: drawn by a seeded generator with planted mechanisms. Not exchange data; shows no real market."


def write_plain_recording(
    folder: Path,
    seed: int,
    minutes: float = MINUTES,
    *,
    plan: Plan | None = None,
    start_ns: int = START_NS,
    symbol: str = SYMBOL,
) -> RecordingManifest:
    """Generate a session and write it as a recording named after its folder, which is made if need be.

    ``plan``: by default the opening. The same arguments give the same records. The planted levels are in the manifest
    as levels to watch; what they do is in ``truth.json`` only. Raises UserError, and OSError where the disk refuses.
    """
    chosen = plan or named_plan("opening", seed, minutes)
    folder.mkdir(parents=True, exist_ok=True)
    definition = folder / f"{symbol}.definition.dbn.zst"
    depth = folder / f"{symbol}.mbp-10.dbn.zst"
    rows = es_definition(symbol, INSTRUMENT_ID, start_ns)
    write_dbn(definition, rows, schema="definition", dataset=DATASET, symbol_map={INSTRUMENT_ID: symbol})
    with DbnWriter(depth, schema="mbp-10", dataset=DATASET, symbol_map={INSTRUMENT_ID: symbol}) as writer:
        for chunk in stream(seed, minutes, start_ns, chosen):
            writer.write(chunk.records)
    manifest = RecordingManifest(
        name=folder.resolve().name,
        simulated=True,
        generator=GENERATOR,
        seed=seed,
        plan=chosen.name,
        profile="es",
        symbol=symbol,
        start=moment_of(start_ns),
        end=moment_of(start_ns + round(minutes * 60 * NS_PER_S)),
        records=writer.count,
        files=(file_entry(definition, len(rows)), file_entry(depth, writer.count)),
        levels=tuple(_levels(chosen.mechanisms)),
        note=NOTE,
    )
    write_whole(folder / TRUTH_NAME, _truth(chosen, start_ns))
    write_whole(folder / MANIFEST_NAME, encode_manifest(manifest))
    return manifest


def _truth(plan: Plan, start_ns: int) -> bytes:
    """What was planted where and when, as JSON."""
    planted = [
        {
            "id": m.id,
            "kind": m.kind.name,
            "side": m.side.name,
            "price": float(m.price_e9) / PRICE_SCALE,
            "start_ns": start_ns + m.start_s * NS_PER_S,
            "end_ns": start_ns + m.end_s * NS_PER_S,
        }
        for m in plan.mechanisms
    ]
    return msgspec.json.format(msgspec.json.encode({"plan": plan.name, "mechanisms": planted}), indent=2) + b"\n"


def _levels(mechanisms: tuple[Mechanism, ...]) -> Iterator[RecordingLevel]:
    """A level for each planted price, lowest first; its name does not tell what was planted."""
    for price_e9 in sorted({mechanism.price_e9 for mechanism in mechanisms}):
        yield RecordingLevel(f"USER_{format_price_e9(price_e9)}", Decimal(price_e9) / PRICE_SCALE)
