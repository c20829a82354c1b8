"""What a replay without a screen reports about its signals and its inputs."""

from __future__ import annotations

import json

import msgspec

from spymaster.market.rows import AlertEvent, Signal, Trust, TrustReason
from spymaster.signals.headless import HeadlessResult, SignalTally, TrustLedger, TrustSpell
from tests.support.blocks import SNAP_NS, alert, block

SILENT = (Trust.BLIND, TrustReason.SILENT)
CROSSED = (Trust.BLIND, TrustReason.CROSSED)
HIDDEN = (Trust.DEGRADED, TrustReason.HIDDEN_SHARE)
GREEN = (Trust.GREEN, TrustReason.NONE)


def ledger_of(*depth: tuple[Trust, TrustReason]) -> TrustLedger:
    """A ledger of snaps at which depth was so; the other inputs as ever."""
    ledger = TrustLedger(SNAP_NS)
    made = block(*[[]] * len(depth))
    for k, (state, reason) in enumerate(depth):
        made.snaps["trust"][k][0], made.snaps["trust_reason"][k][0] = state, reason
    ledger.update(made)
    return ledger


def test_time_is_added_up_per_input_state_and_reason_the_worst_first() -> None:
    spells = ledger_of(GREEN, HIDDEN, GREEN, SILENT, GREEN, GREEN).spells()
    assert spells["depth"] == (
        TrustSpell("BLIND", "silent for longer than the hour explains", 0.25),
        TrustSpell("DEGRADED", "large share of fills hidden", 0.25),
        TrustSpell("GREEN", None, 1.0),
    )
    assert spells["tape"] == (TrustSpell("GREEN", None, 1.5),)
    assert spells["options"] == (TrustSpell("ABSENT", "not configured", 1.5),)


def test_among_equally_bad_states_the_longer_comes_first() -> None:
    spells = ledger_of(CROSSED, SILENT, SILENT).spells()["depth"]
    assert [spell.seconds for spell in spells] == [0.5, 0.25]


def test_a_ledger_adds_up_over_blocks() -> None:
    ledger = ledger_of(GREEN, GREEN)
    ledger.update(block([], []))
    assert ledger.spells()["depth"] == (TrustSpell("GREEN", None, 1.0),)


def test_without_a_snap_nothing_is_claimed() -> None:
    assert set(TrustLedger(SNAP_NS).spells().values()) == {()}


def test_signals_are_break_and_reject_raised_and_alerts_are_all_raised() -> None:
    tally = SignalTally()
    raised = [alert(signal=signal) for signal in (Signal.BREAK, Signal.REJECT, Signal.CONTESTED)]
    tally.update(block([], [], alerts=[*raised, alert(event=AlertEvent.RESOLVED)]))
    tally.update(block([]))
    assert (tally.snaps, tally.signals, tally.alerts) == (3, 2, 3)


def test_the_result_is_printed_in_the_order_it_is_read() -> None:
    result = HeadlessResult(
        records=10, trades=2, trades_missing=0, trades_extra=0, rejected={"bad time": 1}, ignored=(),
        snaps=4, signals=1, alerts=1, first_ns=1, last_ns=2, wall_s=0.5, records_per_s=20.0,
        snaps_per_s=8.0, peak_rss_bytes=1000, signal_hash="00", trust=ledger_of(GREEN).spells(), problems=("one",),
    )  # fmt: skip
    printed = json.loads(msgspec.json.encode(result))
    assert ", ".join(printed) == (
        "records, trades, trades_missing, trades_extra, rejected, ignored, snaps, signals, alerts, first_ns, last_ns, "
        "wall_s, records_per_s, snaps_per_s, peak_rss_bytes, signal_hash, trust, problems"
    )
    assert printed["trust"]["depth"] == [{"state": "GREEN", "reason": None, "seconds": 0.25}]
