"""Writing a session of the order book market as a recording: depth, trades, definition, manifest, and its truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.atomic_output import write_whole
from spymaster.feeds.dbn.writer import DbnWriter, write_dbn
from spymaster.market.dtypes import DTYPES, W_HEADER, W_SIZE
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, Kind
from spymaster.market.levels import format_price_e9
from spymaster.market.manifest import MANIFEST_NAME, RecordingLevel, RecordingManifest, encode_manifest
from spymaster.sim.instrument import INSTRUMENT_ID, TICK_E9
from spymaster.sim.levels.scenarios import NO_LEVELS, WORLD_BREAKS_BEFORE
from spymaster.sim.market.day_shape import MINUTES
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.simulation import Market, Settings
from spymaster.sim.recording.files import DATASET, SYMBOL, es_definition, file_entry, moment_of
from spymaster.sim.recording.options import OptionFiles
from spymaster.sim.truth.files import TruthWriter, write_oracle
from spymaster.sim.truth.oracle import MOST_MOMENTS, PATHS, Oracle
from spymaster.sim.worlds import draw_world

GENERATOR: Final = "order-book"
WORLD: Final = "world"
WORLD_NAME: Final = "world.json"
"""A world's draws, in the folder of the truth."""
NOTE: Final = "SIMULATED: drawn by a seeded order book market with planted levels. Not exchange data."
MIDNIGHT_NS: Final = 1_773_720_000 * NS_PER_S
"""2026-03-17 00:00 in New York, an ordinary trading day; ESM6 became the front month the day before."""
SPY_RATIO: Final = 10
_MINUTE_NS: Final = 60 * NS_PER_S
_EVENING: Final = 18 * 60
_HEAD_WORDS: Final = 6
_LEVEL_LIMIT: Final = 64
_CENT_E9: Final = PRICE_SCALE // 100

Progress = Callable[[float, int], None]
"""Told the share done, 0 to 1, and the records written so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to write: ``profile`` es or spy; ``oracle_moments``: first touches whose futures are run, so many each."""

    folder: Path
    minutes: float
    settings: Settings
    profile: str = "es"
    with_truth: bool = True
    oracle_moments: int = 0
    oracle_paths: int = PATHS


def session_start_ns(minute: int) -> int:
    """The moment of a New York minute in the simulated session; the evening's minutes are of the day before."""
    return MIDNIGHT_NS + (minute - (MINUTES if minute >= _EVENING else 0)) * _MINUTE_NS


def write_recording(order: Order, progress: Progress | None = None) -> RecordingManifest:
    """Run the market and write it as a recording named after its folder, which is made if need be.

    The same settings give the same records. The planted levels are in the manifest as levels to watch, named by price
    alone; what they are is in the truth only. Raises OSError where the disk refuses.
    """
    folder, settings = order.folder, order.settings
    market = Market(settings, keep_moments=min(order.oracle_moments, MOST_MOMENTS))
    folder.mkdir(parents=True, exist_ok=True)
    names = {schema: folder / f"{SYMBOL}.{schema}.dbn.zst" for schema in ("definition", "mbp-10", "trades")}
    symbols = {settings.instrument_id: SYMBOL}
    definition = es_definition(SYMBOL, settings.instrument_id, settings.start_ns)
    write_dbn(names["definition"], definition, schema="definition", dataset=DATASET, symbol_map=symbols)
    end_ns = settings.start_ns + round(order.minutes * _MINUTE_NS) // BUCKET_NS * BUCKET_NS
    o = market.options if settings.options else None
    truth = _truth_writer(order, o) if order.with_truth else None
    options = None
    ticks: set[int] = set()
    with (
        ExitStack() as beside,
        DbnWriter(names["mbp-10"], schema="mbp-10", dataset=DATASET, symbol_map=symbols) as depth,
        DbnWriter(names["trades"], schema="trades", dataset=DATASET, symbol_map=symbols) as trades,
    ):
        if o is not None:
            options = beside.enter_context(OptionFiles(folder, o, settings.start_ns, SYMBOL, settings.instrument_id))
        for chunk in market.run(end_ns):
            depth.write(chunk.records)
            trades.write(trades_of(chunk.records))
            ticks.update(chunk.planted["tick"].tolist())
            if options is not None:
                options.add(chunk.rows)
            if truth is not None:
                truth.add(chunk)
            _tell(progress, chunk.records, settings.start_ns, end_ns, depth.count)
    if truth is not None:
        truth.close()
    if order.oracle_moments and order.with_truth:
        _ask_oracle(order, market)
    manifest = RecordingManifest(
        name=folder.resolve().name,
        simulated=True,
        generator=GENERATOR,
        seed=settings.seed,
        plan=" ".join([*_plan_words(settings), *(["options"] if options is not None else [])]),
        profile=order.profile,
        symbol=SYMBOL,
        start=moment_of(settings.start_ns),
        end=moment_of(end_ns),
        records=depth.count + (options.records if options is not None else 0),
        files=(
            file_entry(names["definition"], len(definition)),
            file_entry(names["mbp-10"], depth.count),
            file_entry(names["trades"], trades.count),
            *(options.entries() if options is not None else ()),
        ),
        levels=planted_levels(ticks, order.profile, float(market.options["usual_ratio"])),
        note=NOTE,
    )
    write_whole(folder / MANIFEST_NAME, encode_manifest(manifest))
    return manifest


def _plan_words(settings: Settings) -> tuple[str, ...]:
    """What a session was drawn from, in words: its scenario and intensity, or that it is a random world."""
    return (settings.scenario, settings.intensity) if settings.world is None else (WORLD,)


def _truth_writer(order: Order, options: Any | None) -> TruthWriter:
    """The truth of a session; a world's draws stand beside it as they were drawn."""
    world = order.settings.world
    if world is None:
        return TruthWriter(order.folder, options)
    writer = TruthWriter(order.folder, options, breaks_before=WORLD_BREAKS_BEFORE)
    write_whole(writer.folder / WORLD_NAME, msgspec.json.format(msgspec.json.encode(world), indent=2))
    return writer


def _tell(progress: Progress | None, records: NDArray[np.int64], start_ns: int, end_ns: int, written: int) -> None:
    """How far the session is written, by the last of the latest records."""
    if progress is not None and len(records):
        progress((int(records[-1, 1]) - start_ns) / max(end_ns - start_ns, 1), written)


def _ask_oracle(order: Order, market: Market) -> None:
    """What would have become of the first touches, into the truth."""
    found = Oracle(order.oracle_paths).ask(market.moments)
    columns = {name: [getattr(p, name) for p in found] for name in found[0].__struct_fields__} if found else {}
    write_oracle(order.folder, columns)


def trades_of(records: NDArray[np.int64]) -> NDArray[Any]:
    """The trades among MBP-10 records, as records of the vendor's ``trades`` schema."""
    dtype = DTYPES[Kind.TRADE]
    is_trade = (records[:, W_SIZE] >> 32) & 0xFF == ord("T")
    words = np.ascontiguousarray(records[is_trade, :_HEAD_WORDS])
    words[:, W_HEADER] = (words[:, W_HEADER] & ~0xFFFF) | dtype.itemsize // 4
    rows: NDArray[Any] = words.view(dtype)[:, 0]
    return rows


def default_settings(seed: int, scenario: str, intensity: str, options: str = "") -> Settings:
    """A session at the time of day that an intensity is meant for. ``options``: none, or those of a profile."""
    from spymaster.sim.market.intensities import INTENSITIES

    minute = INTENSITIES[intensity].start_minute
    return Settings(
        seed=seed,
        start_ns=session_start_ns(minute),
        minute=minute,
        scenario=scenario,
        intensity=intensity,
        instrument_id=INSTRUMENT_ID,
        with_auction=minute == _EVENING,
        options=options,
    )


def world_settings(seed: int, minutes: float) -> Settings:
    """The session of a random world, at its own time of day. Raises UserError for a seed that means none."""
    world = draw_world(seed, minutes)
    return Settings(
        seed=seed,
        start_ns=session_start_ns(world.start_minute),
        minute=world.start_minute,
        scenario=NO_LEVELS,
        options=world.profile if world.has_options else "",
        world=world,
    )


def planted_levels(ticks: set[int], profile: str, ratio: float) -> tuple[RecordingLevel, ...]:
    """A level for each planted price, at most 64, lowest first; its name does not tell what was planted.

    In the share's dollars by its ratio, to the cent, where it trades beside the future (``ratio`` is not 1).
    """
    chosen = sorted(ticks)[:_LEVEL_LIMIT]
    if ratio != 1.0:
        prices = sorted({round(tick * TICK_E9 / ratio / _CENT_E9) * _CENT_E9 for tick in chosen})
    else:
        prices = [tick * TICK_E9 // (SPY_RATIO if profile == "spy" else 1) for tick in chosen]
    return tuple(RecordingLevel(f"USER_{format_price_e9(p)}", Decimal(p) / PRICE_SCALE) for p in prices)
