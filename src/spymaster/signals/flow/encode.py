"""Option flow out of the engine's arrays: the message ``market.flow`` and the columns of its export."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from spymaster.market.columns.fields import names_of
from spymaster.market.kinds import NS_PER_MS
from spymaster.market.option_rows import OPTION_FIELDS, STRIKE_FIELDS
from spymaster.signals.blocks import Array, Block, UnpublishableValueError
from spymaster.signals.columns import Columns, dates
from spymaster.signals.flow.structs import (
    FLOW_VERSION,
    ContractFlow,
    Conventions,
    Exposure,
    MarketFlow,
    StrikeFlow,
)
from spymaster.signals.from_row import Row, optional
from spymaster.signals.structs import ProfileName
from spymaster.signals.words import EFFECT_WORDS, wall_word

_STRIKE_NAMES: Final = names_of(STRIKE_FIELDS)
_SUMMARY_NAMES: Final = names_of(OPTION_FIELDS)
_CONTRACT_NAMES: Final = ContractFlow.__struct_fields__
_MAY_LACK: Final = frozenset({"last", "bid", "ask", "delta", "open_interest"})


class FlowEncoder:
    """Makes the ``market.flow`` messages of one Session."""

    def __init__(self, profile: ProfileName) -> None:
        self._profile = profile
        self._json = msgspec.json.Encoder()

    def messages(self, block: Block) -> list[MarketFlow]:
        """One message for each snap that has options. Raises UnpublishableValueError for an infinity."""
        check_options(block)
        snaps = np.flatnonzero(block.snaps["options"]["contracts"] > 0)
        return [self._message(block, int(k)) for k in snaps]

    def json(self, message: MarketFlow) -> bytes:
        """The message as UTF-8 JSON on one line."""
        return self._json.encode(message)

    def _message(self, block: Block, k: int) -> MarketFlow:
        o = dict(zip(_SUMMARY_NAMES, block.snaps["options"][k].tolist(), strict=True))
        t_ns = int(block.snaps["t_ns"][k])
        rows = block.strikes[k, : int(o["strikes"])].tolist()
        return MarketFlow(
            version=FLOW_VERSION,
            ts=t_ns // NS_PER_MS,
            ts_event_ns=t_ns,
            profile=self._profile,
            expiry=round(o["expiry_s"] * 1000.0),
            contracts=int(o["contracts"]),
            quoted=int(o["quoted"]),
            forward=optional(o["forward"]),
            iv=optional(o["iv"]),
            exposure=_exposure(o),
            call_wall=optional(o["call_wall"]),
            call_wall_sign=wall_word(o["call_wall_sign"]),
            put_wall=optional(o["put_wall"]),
            put_wall_sign=wall_word(o["put_wall_sign"]),
            gamma_flip=optional(o["gamma_flip"]),
            volume=o["volume"],
            classified_share=optional(o["classified_share"]),
            call_delta_flow=o["call_delta_flow"],
            put_delta_flow=o["put_delta_flow"],
            strikes=tuple(_strike(dict(zip(_STRIKE_NAMES, row, strict=True))) for row in rows),
        )


def check_options(block: Block) -> None:
    """Raise UnpublishableValueError for the first infinity among the options' numbers."""
    for k, count in enumerate(block.snaps["options"]["strikes"].tolist()):
        t_ns = int(block.snaps["t_ns"][k])
        _check(block.snaps["options"][k : k + 1], _SUMMARY_NAMES, t_ns)
        _check(block.strikes[k, : int(count)], _STRIKE_NAMES, t_ns)


def _check(rows: Array, names: tuple[str, ...], t_ns: int) -> None:
    numbers = rows.view(np.float64).reshape(len(rows), len(names)) if rows.flags.c_contiguous else _numbers(rows, names)
    if np.isinf(numbers).any():
        i, place = (int(n) for n in np.argwhere(np.isinf(numbers))[0])
        raise UnpublishableValueError(names[place], float(numbers[i, place]), None, t_ns)


def _numbers(rows: Array, names: tuple[str, ...]) -> Array:
    return np.stack([rows[name] for name in names], axis=1) if len(rows) else np.zeros((0, len(names)))


def _exposure(o: Row) -> Exposure | None:
    hedge = optional(o["hedge"])
    if hedge is None:
        return None
    return Exposure(
        effect=EFFECT_WORDS[int(o["effect"])],
        hedge_contracts_per_point=hedge,
        band=(o["hedge_low"], o["hedge_high"]),
        gex=o["gex"],
        net_dealer_gamma=o["net_dealer_gamma"],
        gamma_velocity=o["gamma_velocity"],
        charm_flow=optional(o["charm_flow"]),
        conventions=Conventions(
            o["hedge_flow"], o["hedge_calls_long"], o["hedge_customers_long"], o["hedge_customers_short"]
        ),
        convention_dependent=o["convention_dependent"] != 0.0,
    )


def _strike(row: Row) -> StrikeFlow:
    return StrikeFlow(
        strike=row["strike"],
        call=_contract(row, "call"),
        put=_contract(row, "put"),
        iv=optional(row["iv"]),
        gamma=optional(row["gamma"]),
        hedge=optional(row["hedge"]),
        hedge_sd=optional(row["hedge_sd"]),
        wall=wall_word(row["wall"]),
    )


def _contract(row: Row, right: str) -> ContractFlow:
    values: dict[str, Any] = {name: row[f"{right}_{name}"] for name in _CONTRACT_NAMES}
    values |= {name: optional(values[name]) for name in _MAY_LACK}
    return ContractFlow(**values)


class FlowColumns:
    """The columns of ``export option-flow``: a row for each strike at each snap at which it was traded.

    ``ts_event_ns``, ``session_date``, then those of STRIKE_ROW. Blocks must be given in order.
    """

    def __init__(self) -> None:
        self._volumes: dict[float, float] = {}

    def columns(self, block: Block) -> Columns:
        """The rows of a block. Raises UnpublishableValueError for an infinity."""
        check_options(block)
        places: list[int] = []
        kept: list[Array] = [np.zeros(0, block.strikes.dtype)]
        for k, count in enumerate(block.snaps["options"]["strikes"].tolist()):
            rows = block.strikes[k, : int(count)]
            traded = rows[self._traded(rows)]
            places += [k] * len(traded)
            kept.append(traded)
        rows = np.concatenate(kept)
        columns: Columns = {
            "ts_event_ns": block.snaps["t_ns"][places],
            "session_date": dates(block.snaps["session_date"])[places],
        }
        return columns | {name: rows[name].copy() for name in _STRIKE_NAMES}

    def _traded(self, rows: Array) -> Array:
        """bool[n]: the strikes whose volume is another than when they were last seen."""
        volumes = (rows["call_volume"] + rows["put_volume"]).tolist()
        changed = np.zeros(len(rows), np.bool_)
        for i, (strike, volume) in enumerate(zip(rows["strike"].tolist(), volumes, strict=True)):
            if volume != self._volumes.get(strike, 0.0):
                self._volumes[strike] = volume
                changed[i] = True
        return changed
