"""Writing a session of the second market as a recording: depth, definition, manifest, and its truth."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spymaster.atomic_output import write_whole
from spymaster.feeds.dbn.writer import DbnWriter, write_dbn
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import (
    MANIFEST_NAME,
    RecordingManifest,
    encode_manifest,
)
from spymaster.sim.instrument import INSTRUMENT_ID
from spymaster.sim.recording.files import DATASET, SYMBOL, es_definition, file_entry, moment_of
from spymaster.sim.recording.session import planted_levels, session_start_ns
from spymaster.sim.second.plan import SCATTERED, Happening, named_plan
from spymaster.sim.second.session import session_end_ns, stream
from spymaster.sim.second.worlds import world_plan
from spymaster.sim.truth.second import SecondTruth
from spymaster.sim.worlds import World

SECOND_GENERATOR: Final = "second"
START_NS: Final = 1_773_754_080 * NS_PER_S
"""2026-03-17 09:28 in New York; ESM6 became the front month the day before."""
NOTE: Final = "SIMULATED: drawn by the second, simpler market with planted mechanisms. Not exchange data."


def write_second_recording(
    folder: Path,
    seed: int,
    minutes: float,
    *,
    plan: str = SCATTERED,
    with_truth: bool = True,
    world: World | None = None,
) -> RecordingManifest:
    """Run the market and write it as a recording named after its folder, which is made if need be.

    ``plan``: one of ``PLANS``, or what a random ``world`` makes of this market, in the world's profile. The same
    arguments give the same bytes. The planted levels are in the manifest as levels to watch, named by price alone; what
    they are is in the truth only. Raises UserError, and OSError where the disk refuses.
    """
    chosen = named_plan(plan, seed, minutes) if world is None else world_plan(world, minutes)
    start_ns = START_NS if world is None else session_start_ns(world.start_minute)
    profile = "es" if world is None else world.profile
    ticks = {mechanism.tick for mechanism in chosen.mechanisms if not mechanism.distance_ticks}
    folder.mkdir(parents=True, exist_ok=True)
    definition = folder / f"{SYMBOL}.definition.dbn.zst"
    depth = folder / f"{SYMBOL}.mbp-10.dbn.zst"
    symbols = {INSTRUMENT_ID: SYMBOL}
    rows = es_definition(SYMBOL, INSTRUMENT_ID, start_ns)
    write_dbn(definition, rows, schema="definition", dataset=DATASET, symbol_map=symbols)
    truth = SecondTruth(folder, chosen) if with_truth else None
    with DbnWriter(depth, schema="mbp-10", dataset=DATASET, symbol_map=symbols) as writer:
        for chunk in stream(seed, minutes, start_ns, chosen):
            writer.write(chunk.records)
            ticks.update(chunk.work["tick"][chunk.work["what"] == Happening.BEGINS].tolist())
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
        profile=profile,
        symbol=SYMBOL,
        start=moment_of(start_ns),
        end=moment_of(session_end_ns(start_ns, minutes)),
        records=writer.count,
        files=(file_entry(definition, len(rows)), file_entry(depth, writer.count)),
        levels=planted_levels(ticks, profile, 1.0),
        note=NOTE,
    )
    write_whole(folder / MANIFEST_NAME, encode_manifest(manifest))
    return manifest
