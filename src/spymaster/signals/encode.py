"""From the engine's arrays to published messages and their JSON.

Numbers are checked on the arrays first: an encoder writes NaN and infinity as null, which would hide a defect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from spymaster.market.kinds import NS_PER_MS
from spymaster.market.levels import level_id
from spymaster.market.rows import ALERT_ROW, INPUTS, AlertEvent, BarrierState
from spymaster.signals.blocks import (
    Block,
    check_alerts,
    check_levels,
    check_snaps,
    level_rows,
    own_alerts,
    published,
)
from spymaster.signals.notes import alert_reason, level_note
from spymaster.signals.structs import (
    ALERTS_VERSION,
    SIGNALS_VERSION,
    AlertMessage,
    AlertRaised,
    AlertResolved,
    AlertUpdated,
    Attribution,
    Barrier,
    Context,
    DefendingQuote,
    InputState,
    InputStates,
    LevelSignal,
    LevelSignals,
    Probabilities,
    ProfileName,
    Quote,
    Sweep,
    Tape,
)
from spymaster.signals.words import (
    CONFIDENCE_WORDS,
    DIRECTION_WORDS,
    KIND_WORDS,
    SIGNAL_WORDS,
    STATE_WORDS,
    SWEEP_WORDS,
    TAG_WORDS,
    TRUST_WORDS,
    alert_id,
    trust_reason_words,
)

_FIRST_MINUTES: Final = 15.0
_TAGS: Final = [
    tuple(word for bit, word in enumerate(TAG_WORDS) if bits >> bit & 1) for bits in range(1 << len(TAG_WORDS))
]
_EVENTS: Final[Mapping[AlertEvent, type[AlertRaised] | type[AlertUpdated] | type[AlertResolved]]] = {
    AlertEvent.RAISED: AlertRaised,
    AlertEvent.UPDATED: AlertUpdated,
    AlertEvent.RESOLVED: AlertResolved,
}


class SignalEncoder:
    """Makes the messages of one Session. ``user_ids``: ids of the user levels, in the order of the CONFIG frame."""

    def __init__(self, profile: ProfileName, user_ids: Sequence[str] = ()) -> None:
        self._profile = profile
        self._user_ids = tuple(user_ids)
        self._json = msgspec.json.Encoder()

    def signals(self, block: Block) -> list[LevelSignals]:
        """One message per snap. Raises UnpublishableValueError."""
        check_snaps(block)
        check_levels(block, published(block), self._user_ids)
        return [self._snap(block, k) for k in range(len(block.snaps))]

    def alerts(self, block: Block) -> list[AlertMessage]:
        """One message per alert of the block, in order. Raises UnpublishableValueError."""
        alerts = own_alerts(block)
        check_alerts(alerts, self._user_ids)
        names = ALERT_ROW.names or ()
        return [self._alert(dict(zip(names, row, strict=True))) for row in alerts.tolist()]

    def json(self, message: LevelSignals | AlertMessage) -> bytes:
        """The message as UTF-8 JSON on one line."""
        return self._json.encode(message)

    def _snap(self, block: Block, k: int) -> LevelSignals:
        snap = block.snaps[k]
        t_ns = int(snap["t_ns"])
        minutes = optional(float(snap["minutes_since_open"]))
        quote = Quote(*(optional(float(snap[name])) for name in ("spot", "bid", "ask")))
        states = zip(snap["trust"].tolist(), snap["trust_reason"].tolist(), strict=True)
        return LevelSignals(
            version=SIGNALS_VERSION,
            ts=t_ns // NS_PER_MS,
            ts_event_ns=t_ns,
            as_of_ns=int(snap["as_of_ns"]),
            profile=self._profile,
            spy=quote if self._profile == "spy" else msgspec.UNSET,
            es=quote if self._profile == "es" else msgspec.UNSET,
            trust=InputStates(**{name: _input(*state) for name, state in zip(INPUTS, states, strict=True)}),
            context=Context(
                minutes_since_open=minutes,
                first_15m=minutes is not None and 0.0 <= minutes < _FIRST_MINUTES,
                in_window=bool(snap["in_window"]),
            ),
            levels=tuple(_level(row, self._user_ids) for row in level_rows(block, k)),
        )

    def _alert(self, row: dict[str, Any]) -> AlertMessage:
        level = level_id(row["kind"], row["price"], row["ordinal"], self._user_ids)
        return _EVENTS[AlertEvent(row["event"])](
            version=ALERTS_VERSION,
            id=alert_id(row["session_date"], level, row["signal"], row["raised_ns"]),
            ts=row["t_ns"] // NS_PER_MS,
            ts_event_ns=row["t_ns"],
            raised_ts_event_ns=row["raised_ns"],
            profile=self._profile,
            level=level,
            kind=KIND_WORDS[row["kind"]],
            price=row["price"],
            direction=DIRECTION_WORDS[row["direction"]],
            signal=SIGNAL_WORDS[row["signal"]],
            confidence=CONFIDENCE_WORDS[row["confidence_label"]],
            in_window=bool(row["in_window"]),
            score=optional(row["score"]),
            barrier_state=STATE_WORDS[row["barrier_state"]],
            delta_liq=optional(row["delta_liq"]),
            added=whole(row["added"]),
            pulled=whole(row["pulled"]),
            filled=whole(row["filled"]),
            window_s=optional(row["window_s"]),
            reason=alert_reason(row),
        )


def optional(value: float) -> float | None:
    """The number, or None where it is absent."""
    return None if math.isnan(value) else value


def whole(value: float) -> int | None:
    """The number as an integer, or None where it is absent."""
    return None if math.isnan(value) else int(value)


def _input(state: int, reason: int) -> InputState:
    return InputState(TRUST_WORDS[state], trust_reason_words(reason) or None)


def _level(row: Mapping[str, float], user_ids: Sequence[str]) -> LevelSignal:
    kind = int(row["kind"])
    return LevelSignal(
        id=level_id(kind, row["price"], int(row["ordinal"]), user_ids),
        price=row["price"],
        kind=KIND_WORDS[kind],
        direction=DIRECTION_WORDS[int(row["direction"])],
        distance=row["distance"],
        x=row["x"],
        break_score_raw=optional(row["score_raw"]),
        break_score_smooth=optional(row["score"]),
        signal=SIGNAL_WORDS[int(row["signal"])],
        confidence=CONFIDENCE_WORDS[int(row["confidence_label"])],
        attribution=Attribution(
            barrier=optional(row["attribution_barrier"]),
            tape=optional(row["attribution_tape"]),
            fuel=optional(row["attribution_fuel"]),
        ),
        approach=None,
        barrier=_barrier(row),
        tape=_tape(row),
        fuel=None,
        ofi=None,
        runway=None,
        confluence=None,
        note=level_note(row),
    )


def _barrier(row: Mapping[str, float]) -> Barrier:
    state = int(row["barrier_state"])
    seen = state != BarrierState.MISSING
    defended = not math.isnan(row["defending_price"])
    return Barrier(
        state=STATE_WORDS[state],
        probabilities=Probabilities(*(row[f"p_{name}"] for name in Probabilities.__struct_fields__)) if seen else None,
        delta_liq=optional(row["delta_liq"]),
        replenishment_ratio=optional(row["replenishment"]),
        added=whole(row["added"]),
        pulled=whole(row["pulled"]),
        filled=whole(row["filled"]),
        churn=optional(row["churn"]),
        depth_in_zone=whole(row["depth_in_zone"]),
        hidden_share=optional(row["hidden_share"]),
        defending_quote=DefendingQuote(row["defending_price"], int(row["defending_size"])) if defended else None,
        visible_fraction=row["visible_fraction"],
        confidence=row["barrier_confidence"],
        window_s=row["window_s"],
        time_to_clear_s=optional(row["time_to_clear_s"]),
        tags=_TAGS[int(row["tags"])],
    )


def _tape(row: Mapping[str, float]) -> Tape:
    direction = int(row["sweep_direction"])
    return Tape(
        imbalance=row["tape_imbalance"],
        buy_vol=int(row["buy_volume"]),
        sell_vol=int(row["sell_volume"]),
        velocity=row["velocity"],
        acceleration=row["acceleration"],
        sweep=Sweep(
            detected=direction != 0,
            direction=SWEEP_WORDS[direction],
            notional=optional(row["sweep_notional"]),
            prints=whole(row["sweep_prints"]),
            window_ms=None,
            volume=whole(row["sweep_volume"]),
            levels=whole(row["sweep_levels"]),
            age_s=optional(row["sweep_age_s"]),
        ),
    )
