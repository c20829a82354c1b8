"""What is said of a signal while it is on: once its confidence or the barrier's state changes, and not too often."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, BarrierState, Confidence, ResolveReason, Signal
from spymaster.session.frames.alert_book import AlertBook
from spymaster.signals.alert_structs import AlertUpdated
from spymaster.signals.encode import SignalEncoder
from tests.support.blocks import T0_NS, alert, block, level
from tests.support.engine import Results, engine_for, feed, records
from tests.support.market import MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive, pull_zone, stack_zone

TICK = MID + 4
PARAMS = {"warmup_ns": 0, "tape_full_volume": 1e12, "arm_sigma": 0.0, "theta_noise": 0.0}
UPDATED = int(AlertEvent.UPDATED)


def played(market: Market, *, until_s: float, doubted_from_s: float | None = None, **params: float) -> Results:
    """A scene with a break; from ``doubted_from_s`` on the inputs are trusted less, and stay in force."""
    engine = engine_for(levels=(TICK / 4,), params={**PARAMS, **params})
    words = market.words()
    at = START_NS + round((until_s if doubted_from_s is None else doubted_from_s) * SECOND)
    before = words[:, 1] < at
    results = feed(engine, records(words[before]), WatermarkFrame(at))
    if doubted_from_s is not None:
        engine.state["trust"]["degraded_until_ns"] = START_NS + 1000 * SECOND
    return feed(engine, records(words[~before]), WatermarkFrame(START_NS + round(until_s * SECOND)), into=results)


def vacuum(until_s: float = 30.0, *, again: bool = False) -> Market:
    """Liquidity is withdrawn at the level; with ``again`` some of it comes back and goes, time after time."""
    market = pull_zone(deep_book(START_NS), TICK)
    if again:
        keep_alive(market, 17.0)
        for k in range(24):
            market.at(17.0 + 0.5 * k)
            if k % 2 == 0:
                stack_zone(market, TICK, size=70)
            else:
                pull_zone(market, TICK)
    return keep_alive(market, until_s)


def of_level(results: Results) -> NDArray[np.void]:
    found: NDArray[np.void] = results.alerts[results.alerts["kind"] == LevelKind.USER]
    return found


def told(a: Any) -> tuple[int, int]:
    return int(a["confidence_label"]), int(a["barrier_state"])


LOOSE = {"exit_break": 0.0, "confidence_high": 0.5, "hysteresis_lead": 0.0}
"""The signal stays on whatever comes, so that only what is said of it changes."""


def test_a_change_of_confidence_is_an_update() -> None:
    results = played(vacuum(), until_s=30, doubted_from_s=19.0, **LOOSE)
    first, second = of_level(results)[:2]
    assert (first["event"], second["event"]) == (AlertEvent.RAISED, AlertEvent.UPDATED)
    assert Confidence(int(first["confidence_label"])) is Confidence.HIGH
    assert second["t_ns"] == START_NS + 19 * SECOND + SECOND // 4
    assert Confidence(int(second["confidence_label"])) is Confidence.MEDIUM


def test_a_change_of_the_barrier_s_state_is_an_update() -> None:
    results = played(vacuum(), until_s=30, **LOOSE)
    updates = [a for a in of_level(results) if a["event"] == UPDATED]
    assert updates
    states = [BarrierState(int(a["barrier_state"])) for a in of_level(results)]
    assert states[0] is BarrierState.VACUUM
    assert states[-1] is not BarrierState.VACUUM


def test_an_update_says_what_the_row_of_its_snap_says() -> None:
    results = played(vacuum(again=True), until_s=30, **LOOSE)
    updates = [a for a in of_level(results) if a["event"] == UPDATED]
    assert len(updates) > 3
    for a in updates:
        row = results.rows[results.times.index(int(a["t_ns"]))]
        (own,) = row[row["kind"] == LevelKind.USER]
        for name in ("score", "delta_liq", "filled", "pulled", "added", "window_s", "price"):
            assert a[name] == own[name], name
        assert told(a) == told(own)


def test_nothing_is_updated_more_than_once_a_second_or_without_a_change() -> None:
    results = played(vacuum(again=True), until_s=30, **LOOSE)
    said = [a for a in of_level(results) if a["event"] != AlertEvent.RESOLVED]
    times = [int(a["t_ns"]) for a in said]
    assert min(np.diff(times)) >= SECOND
    assert all(told(now) != told(before) for before, now in itertools.pairwise(said))


def test_what_changed_and_changed_back_within_a_second_is_not_said() -> None:
    """After every change the row of a second later decides; a signal that says the same throughout says it once."""
    results = played(vacuum(17.0), until_s=16.5)
    assert [int(a["event"]) for a in of_level(results)] == [AlertEvent.RAISED]


def test_updates_lie_between_raising_and_resolving() -> None:
    results = played(vacuum(again=True), until_s=30, confidence_high=0.5, hysteresis_lead=0.0, exit_break=60.0)
    on: int | None = None
    resolved = 0
    for a in of_level(results):
        if a["event"] == AlertEvent.RAISED:
            assert on is None
            on = int(a["raised_ns"])
        else:
            assert on == int(a["raised_ns"])
            assert a["t_ns"] > on
            if a["event"] == AlertEvent.RESOLVED:
                on = None
                resolved += 1
            else:
                assert a["reason"] == ResolveReason.NONE
    assert resolved >= 1


def test_nothing_is_said_of_a_level_without_a_signal() -> None:
    """Its barrier changes all the while."""
    results = played(vacuum(again=True), until_s=30, threshold_break=101.0, threshold_reject=-1.0)
    assert len(np.unique(results.level(TICK / 4)["barrier_state"])) > 1
    assert len(of_level(results)) == 0


def test_the_id_stays_from_raised_over_updates_to_resolved() -> None:
    results = played(vacuum(again=True), until_s=30, confidence_high=0.5, hysteresis_lead=0.0, exit_break=60.0)
    sent = SignalEncoder("es", ("L0",)).alerts(block([level()], alerts=[dict_of(a) for a in of_level(results)]))
    ids = [message.id for message in sent]
    first_end = next(k for k, a in enumerate(of_level(results)) if a["event"] == AlertEvent.RESOLVED)
    assert len(set(ids[: first_end + 1])) == 1
    assert any(isinstance(message, AlertUpdated) for message in sent[: first_end + 1])


def dict_of(row: np.void) -> dict[str, float]:
    return dict(zip(row.dtype.names or (), row.item(), strict=True))


# --- the list of alerts ----------------------------------------------------------------------------------------------


def raised(**columns: float) -> dict[str, float]:
    return alert(t_ns=T0_NS, raised_ns=T0_NS, **columns)


def later(seconds: int, event: AlertEvent, **columns: float) -> dict[str, float]:
    return raised(event=event, **columns) | {"t_ns": T0_NS + seconds * SECOND}


def test_the_list_shows_the_latest_word_on_a_signal_at_the_place_and_time_it_was_raised() -> None:
    book = AlertBook(SignalEncoder("es", ()))
    low = {"confidence_label": Confidence.LOW, "score": 75.5}
    alerts = [raised(), raised(price=4810.0), later(3, AlertEvent.UPDATED, **low)]
    book.on_block(block([level()], alerts=alerts))  # type: ignore[arg-type]  # the shape of a SnapBlock
    other, view = book.latest()
    assert (other.price, view.price) == (4810.0, 4805.0)
    assert (view.t_ns, view.resolved_ns, view.confidence) == (T0_NS, None, "LOW")
    assert view.score == alerts[0]["raised_score"], "its own score stays the one it was raised with"


def test_an_update_and_an_end_of_one_block_leave_a_resolved_alert() -> None:
    book = AlertBook(SignalEncoder("es", ()))
    end = later(4, AlertEvent.RESOLVED, reason=ResolveReason.SCORE_EXIT)
    alerts = [raised(), later(3, AlertEvent.UPDATED), end]
    book.on_block(block([level()], alerts=alerts))  # type: ignore[arg-type]  # the shape of a SnapBlock
    (view,) = book.latest()
    assert view.resolved_ns == T0_NS + 4 * SECOND
    assert view.signal == Signal.BREAK.name
