"""Writing a session of the second market as a recording: depth, definition, manifest, and its truth."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

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
from spymaster.sim.second.plan import SCATTERED, Mechanism, named_plan
from spymaster.sim.second.session import session_end_ns, stream
from spymaster.sim.truth.second import SecondTruth

SECOND_GENERATOR: Final = "second"
START_NS: Final = 1_773_754_080 * NS_PER_S
"""2026-03-17 09:28 in New York; ESM6 became the front month the day before."""
NOTE: Final = "SIMULATED: drawn by the second, simpler market with planted mechanisms. Not exchange data."


def write_second_recording(
    folder: Path, seed: int, minutes: float, *, plan: str = SCATTERED, with_truth: bool = True
) -> RecordingManifest:
    """Run the market and write it as a recording named after its folder, which is made if need be.

    ``plan``: one of ``PLANS``. The same arguments give the same bytes. The planted levels are in the manifest as levels
    to watch, named by price alone; what they are is in the truth only. Raises UserError, and OSError where the disk
    refuses.
    """
    chosen = named_plan(plan, seed, minutes)
    folder.mkdir(parents=True, exist_ok=True)
    definition = folder / f"{SYMBOL}.definition.dbn.zst"
    depth = folder / f"{SYMBOL}.mbp-10.dbn.zst"
    symbols = {INSTRUMENT_ID: SYMBOL}
    rows = es_definition(SYMBOL, INSTRUMENT_ID, START_NS)
    write_dbn(definition, rows, schema="definition", dataset=DATASET, symbol_map=symbols)
    truth = SecondTruth(folder, chosen) if with_truth else None
    with DbnWriter(depth, schema="mbp-10", dataset=DATASET, symbol_map=symbols) as writer:
        for chunk in stream(seed, minutes, START_NS, chosen):
            writer.write(chunk.records)
            if truth is not None:
                truth.add(chunk)
    if truth is not None:
        truth.close()
    manifest = RecordingManifest(
        name=folder.resolve().name,
        simulated=True,
        generator=SECOND_GENERATOR,
        seed=seed,
        plan=chosen.name,
        profile="es",
        symbol=SYMBOL,
        start=moment_of(START_NS),
        end=moment_of(session_end_ns(START_NS, minutes)),
        records=writer.count,
        files=(file_entry(definition, len(rows)), file_entry(depth, writer.count)),
        levels=tuple(_levels(chosen.mechanisms)),
        note=NOTE,
    )
    write_whole(folder / MANIFEST_NAME, encode_manifest(manifest))
    return manifest


def _levels(mechanisms: tuple[Mechanism, ...]) -> Iterator[RecordingLevel]:
    """A level for each planted price, lowest first; its name does not tell what was planted."""
    for price_e9 in sorted({mechanism.price_e9 for mechanism in mechanisms}):
        yield RecordingLevel(f"USER_{format_price_e9(price_e9)}", Decimal(price_e9) / PRICE_SCALE)
