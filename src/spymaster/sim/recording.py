"""Writing a simulated session as a recording: a folder of DBN files, a manifest, and the truth in a file of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn_writer import DbnWriter, write_dbn
from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from spymaster.market.levels import format_price_e9
from spymaster.market.manifest import (
    MANIFEST_NAME,
    RecordingFile,
    RecordingLevel,
    RecordingManifest,
    encode_manifest,
)
from spymaster.sim.plain import INSTRUMENT_ID, PUBLISHER_ID, stream
from spymaster.sim.plain_plan import TICK_E9, Mechanism, Plan, named_plan

GENERATOR: Final = "plain"
SYMBOL: Final = "ESM6"
START_NS: Final = 1_773_754_080 * NS_PER_S
"""2026-03-17 09:28 in New York; ESM6 became the front month the day before."""
MINUTES: Final = 14
TRUTH_NAME: Final = "truth.json"
NOTE: Final = "SIMULATED: drawn by a seeded generator with planted mechanisms. Not exchange data; shows no real market."

DATASET: Final = "GLBX.MDP3"
_EXPIRATION_NS: Final = 1_781_789_400 * NS_PER_S
_ACTIVATION_NS: Final = 1_616_160_600 * NS_PER_S
_MULTIPLIER: Final = 50
_HASH_BYTES: Final = 1024 * 1024

_UNDEFINED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "<i8": UNDEF_PRICE,
        "<u8": UNDEF_TIMESTAMP,
        "<i2": 2**15 - 1,
        "<i4": 2**31 - 1,
        "<u4": 2**32 - 1,
        "<u2": 2**16 - 1,
        "|u1": 255,
        "|i1": 127,
    }
)
"""What the vendor writes into a definition's field that has no value, by its type."""


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
    replace_file(folder / TRUTH_NAME, _truth(chosen, start_ns))
    replace_file(folder / MANIFEST_NAME, encode_manifest(manifest))
    return manifest


def es_definition(symbol: str, instrument_id: int, ts_ns: int) -> NDArray[Any]:
    """The definition record of an ES future (one row of the vendor's layout): tick 0.25, 50 dollars a point."""
    rows = blank_definition(1)
    stated = {
        "publisher_id": PUBLISHER_ID,
        "instrument_id": instrument_id,
        "raw_instrument_id": instrument_id,
        "ts_event": ts_ns,
        "ts_recv": ts_ns,
        "min_price_increment": TICK_E9,
        "display_factor": PRICE_SCALE // 100,
        "expiration": _EXPIRATION_NS,
        "activation": _ACTIVATION_NS,
        "unit_of_measure_qty": _MULTIPLIER * PRICE_SCALE,
        "min_price_increment_amount": _MULTIPLIER * TICK_E9 // 100,
        "market_depth": 10,
        "min_trade_vol": 1,
        "underlying_id": 0,
        "channel_id": 0,
        "maturity_year": 2026,
        "maturity_month": 6,
        "currency": b"USD",
        "raw_symbol": symbol.encode(),
        "group": b"ES",
        "exchange": b"XCME",
        "asset": b"ES",
        "cfi": b"FFIXSX",
        "security_type": b"FUT",
        "unit_of_measure": b"IPNT",
        "instrument_class": b"F",
        "match_algorithm": b"F",
        "security_update_action": b"A",
        "user_defined_instrument": b"N",
    }
    for name, value in stated.items():
        rows[name] = value
    return rows


def blank_definition(count: int) -> NDArray[Any]:
    """Definition records in which the vendor would have stated nothing."""
    dtype = DTYPES[Kind.DEF]
    rows = np.zeros(count, dtype)
    for name, (kind, *_) in (dtype.fields or {}).items():
        has_no_undefined = name.startswith("leg_") and kind.str not in ("<i8",)
        if kind.str in _UNDEFINED and not has_no_undefined:
            rows[name] = _UNDEFINED[kind.str]
    rows["length"], rows["rtype"] = dtype.itemsize // 4, SCHEMA_RTYPES["definition"]
    rows["leg_side"] = b"N"
    return rows


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


def moment_of(ns: int) -> dt.datetime:
    """A moment (ns UTC) to the microsecond."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, tz=dt.UTC) + dt.timedelta(microseconds=ns % NS_PER_S // 1000)


def file_entry(path: Path, records: int) -> RecordingFile:
    """A written file as its manifest names it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_BYTES):
            digest.update(piece)
    return RecordingFile(path.name, digest.hexdigest(), records)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
