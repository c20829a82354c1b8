"""From the engine's arrays to published messages and their JSON.

Numbers are checked on the arrays first: an encoder writes NaN and infinity as null, which would hide a defect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.market.kinds import NS_PER_MS
from spymaster.market.levels import level_id
from spymaster.market.rows import ALERT_ROW, INPUTS, TOTALS, AlertEvent
from spymaster.signals.alert_structs import (
    ALERTS_VERSION,
    Alert,
    AlertMessage,
    AlertRaised,
    AlertResolved,
    AlertUpdated,
    Outcome,
)
from spymaster.signals.blocks import (
    Block,
    check_alerts,
    check_levels,
    check_snaps,
    level_rows,
    own_alerts,
    published,
)
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.from_row import FieldsOf, optional
from spymaster.signals.notes import alert_reason, outcome_is_told
from spymaster.signals.parts import level_of, neighbours, row_id
from spymaster.signals.structs import (
    SIGNALS_VERSION,
    Context,
    InputState,
    InputStates,
    LevelSignal,
    LevelSignals,
    ProfileName,
    Quote,
)
from spymaster.signals.words import FIRST_WORDS, TRUST_WORDS, alert_id

_MADE: Final = frozenset({"version", "id", "ts", "profile", "level", "reason", "outcome"})
"""What an alert says that is no column of it."""
_outcome: Final = FieldsOf(Outcome, ALERT_ROW.names or (), frozenset({"first"}))
_alert_facts: Final = FieldsOf(Alert, ALERT_ROW.names or (), _MADE)
_FIRST_MINUTES: Final = 15.0
_EVENTS: Final[Mapping[AlertEvent, type[AlertRaised] | type[AlertUpdated] | type[AlertResolved]]] = {
    AlertEvent.RAISED: AlertRaised,
    AlertEvent.UPDATED: AlertUpdated,
    AlertEvent.RESOLVED: AlertResolved,
}


class SignalEncoder:
    """Makes the messages of one Session. ``user_ids``: ids of the user levels, in the order of the CONFIG frame.

    ``feed_words``: what feeds say of themselves, told of each frame before its snaps are given here.
    """

    def __init__(self, profile: ProfileName, user_ids: Sequence[str] = (), feed_words: FeedWords | None = None) -> None:
        self._profile = profile
        self._user_ids = tuple(user_ids)
        self._feed_words = feed_words or FeedWords()
        self._json = msgspec.json.Encoder()

    def signals(self, block: Block) -> list[LevelSignals]:
        """One message per snap. Raises UnpublishableValueError."""
        check_snaps(block)
        check_levels(block, published(block), self._user_ids)
        return [self._snap(block, k) for k in range(len(block.snaps))]

    def alerts(self, block: Block) -> list[AlertMessage]:
        """One message per alert of the block, in order. Raises UnpublishableValueError."""
        alerts = own_alerts(block.alerts)
        check_alerts(alerts, self._user_ids)
        names = ALERT_ROW.names or ()
        return [self._alert(dict(zip(names, row, strict=True))) for row in alerts.tolist()]

    def standing_alert(self, level: Any) -> str:
        """The id of the alert of a signal that is on. ``level``: the engine's own record of the level."""
        name = level_id(int(level["kind"]), float(level["price"]), int(level["ordinal"]), self._user_ids)
        return alert_id(int(level["raised_date"]), name, int(level["signal"]), int(level["raised_ns"]))

    def json(self, message: LevelSignals | AlertMessage) -> bytes:
        """The message as UTF-8 JSON on one line."""
        return self._json.encode(message)

    def _snap(self, block: Block, k: int) -> LevelSignals:
        snap = block.snaps[k]
        t_ns = int(snap["t_ns"])
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
            trust=InputStates(**{name: self._input(name, *state) for name, state in zip(INPUTS, states, strict=True)}),
            context=_context(snap),
            levels=self._levels(block, k),
        )

    def _input(self, name: str, state: int, reason: int) -> InputState:
        return InputState(TRUST_WORDS[state], self._feed_words.reason(name, reason) or None)

    def _levels(self, block: Block, k: int) -> tuple[LevelSignal, ...]:
        rows = list(level_rows(block, k))
        ids = [row_id(row, self._user_ids) for row in rows]
        prices = np.array([row["price"] for row in rows])
        return tuple(
            level_of(row, self._user_ids, neighbours(prices, ids, place, int(row["confluence_count"])))
            for place, row in enumerate(rows)
        )

    def _alert(self, row: dict[str, Any]) -> AlertMessage:
        level = level_id(row["kind"], row["price"], row["user_index"], self._user_ids)
        return _EVENTS[AlertEvent(row["event"])](
            **_alert_facts(row),
            version=ALERTS_VERSION,
            id=alert_id(row["session_date"], level, row["signal"], row["raised_ns"]),
            ts=row["t_ns"] // NS_PER_MS,
            profile=self._profile,
            level=level,
            reason=alert_reason(row),
            outcome=_outcome_of(row),
        )


def _outcome_of(row: dict[str, Any]) -> Outcome | None:
    """What became of the alert, from the first mark on."""
    if not outcome_is_told(row):
        return None
    return Outcome(**_outcome(row), first=FIRST_WORDS.get(row["outcome_first"]))


def _context(snap: Any) -> Context:
    minutes = optional(float(snap["minutes_since_open"]))
    totals = dict(zip(TOTALS, snap["totals"].tolist(), strict=True))
    moved = totals["added"] + totals["pulled"] + totals["filled"]
    return Context(
        minutes_since_open=minutes,
        first_15m=minutes is not None and 0.0 <= minutes < _FIRST_MINUTES,
        in_window=bool(snap["in_window"]),
        sigma_1m=float(snap["sigma_1m"]),
        atr=optional(float(snap["atr"])),
        microprice=optional(float(snap["microprice"])),
        cvd=int(snap["cvd"]),
        ratio=float(snap["ratio"]),
        unexplained=totals["residual"] / moved if moved else 0.0,
    )
