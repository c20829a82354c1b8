"""Engine rows become messages; what has no place in a message is refused before it is one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from spymaster.market.levels import LevelKind
from spymaster.market.rows import (
    LEVEL_FIELDS,
    AlertEvent,
    BarrierState,
    ResolveReason,
    Signal,
    Tag,
    Trust,
    TrustReason,
)
from spymaster.signals.alert_structs import AlertRaised, AlertResolved
from spymaster.signals.blocks import JUDGED, OPTIONAL, SWEPT, UnpublishableValueError
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.structs import ProfileName
from tests.support.blocks import SNAP_NS, T0_NS, TestBlock, alert, block, level, unseen

NAMES = [field.name for field in LEVEL_FIELDS]


def message(made: TestBlock, profile: ProfileName = "es", user_ids: tuple[str, ...] = ()) -> Any:
    """The first snap's message as a reader of the JSON sees it."""
    encoder = SignalEncoder(profile, user_ids)
    return json.loads(encoder.json(encoder.signals(made)[0]))


def test_a_snap_carries_its_time_in_ns_and_ms_and_the_time_of_the_last_record() -> None:
    sent = message(block([level()], first_ns=T0_NS + SNAP_NS))
    assert sent["ts_event_ns"] == T0_NS + SNAP_NS
    assert sent["ts"] == (T0_NS + SNAP_NS) // 1_000_000
    assert sent["as_of_ns"] == T0_NS + SNAP_NS - 1_000_000


@pytest.mark.parametrize(("profile", "other"), [("es", "spy"), ("spy", "es")])
def test_the_quote_stands_under_the_profile_s_name_alone(profile: ProfileName, other: str) -> None:
    sent = message(block([level()]), profile)
    assert sent["profile"] == profile
    assert sent[profile] == {"spot": 4805.5, "bid": 4805.375, "ask": 4805.625}
    assert other not in sent


def test_each_input_s_trust_is_told_with_its_reason_in_words() -> None:
    states = (Trust.BLIND, Trust.DEGRADED, Trust.ABSENT, Trust.GREEN)
    reasons = (TrustReason.CROSSED, TrustReason.TRADES_OUTSIDE, TrustReason.NOT_CONFIGURED, TrustReason.NONE)
    assert message(block([level()], trust=states, trust_reason=reasons))["trust"] == {
        "depth": {"state": "BLIND", "reason": "book crossed for longer than allowed"},
        "tape": {"state": "DEGRADED", "reason": "trades outside the quotes"},
        "options": {"state": "ABSENT", "reason": "not configured"},
        "equity": {"state": "GREEN", "reason": None},
    }


@pytest.mark.parametrize(
    ("minutes", "first"), [(-0.5, False), (0.0, True), (14.99, True), (15.0, False), (math.nan, False)]
)
def test_the_first_fifteen_minutes_are_those_after_the_regular_opening(minutes: float, first: bool) -> None:
    context = message(block([level()], minutes_since_open=minutes))["context"]
    assert context["minutes_since_open"] == (None if math.isnan(minutes) else minutes)
    assert context["first_15m"] is first
    assert context["in_window"] is True


def test_a_level_carries_its_score_signal_and_forces() -> None:
    sent = message(block([level()]))["levels"][0]
    assert (sent["id"], sent["kind"], sent["price"], sent["direction"]) == ("ROUND_4805", "ROUND", 4805.0, "SUPPORT")
    assert (sent["break_score_raw"], sent["break_score_smooth"]) == (86.5, 84.25)
    assert (sent["signal"], sent["confidence"]) == ("BREAK", "HIGH")
    assert sent["attribution"] == {"barrier": 29.0, "tape": 5.25, "fuel": None}
    assert sent["note"] == "bids pulled 158 against 10 added in 10 s, none eaten"


def test_contracts_are_whole_numbers() -> None:
    sent = message(block([level(filled=24.0)]))["levels"][0]
    counts = [sent["barrier"][name] for name in ("added", "pulled", "filled", "depth_in_zone")]
    counts += [sent["tape"]["buy_vol"], sent["tape"]["sell_vol"], sent["barrier"]["defending_quote"]["size"]]
    assert counts == [10, 158, 24, 58, 118, 486, 12]
    assert {type(count) for count in counts} == {int}


def test_the_probabilities_stand_under_the_names_of_their_states() -> None:
    barrier = message(block([level()]))["levels"][0]["barrier"]
    assert barrier["probabilities"][barrier["state"]] == 0.86
    assert set(barrier["probabilities"]) == {state.name for state in BarrierState} - {"MISSING"}


def test_an_unseen_barrier_is_missing_and_its_numbers_are_null_not_zero() -> None:
    sent = message(block([unseen()]))["levels"][0]
    barrier = sent["barrier"]
    absent = {name for name, value in barrier.items() if value is None}
    assert barrier["state"] == "MISSING"
    assert absent >= {"probabilities", "delta_liq", "added", "pulled", "filled", "depth_in_zone", "defending_quote"}
    assert (sent["break_score_raw"], sent["break_score_smooth"]) == (None, None)


def test_tags_are_words() -> None:
    tags = float(Tag.DEFENDED | Tag.ICEBERG)
    assert message(block([level(tags=tags)]))["levels"][0]["barrier"]["tags"] == ["DEFENDED", "ICEBERG"]


def test_a_sweep_is_detected_with_its_direction_and_size() -> None:
    numbers = {"sweep_notional": 76e6, "sweep_prints": 9.0, "sweep_levels": 3.0, "sweep_age_s": 0.5}
    numbers["sweep_window_ms"] = 40.0
    swept = message(block([level(sweep_direction=-1.0, sweep_volume=318.0, **numbers)]))["levels"][0]["tape"]["sweep"]
    expected = {"detected": True, "direction": "DOWN", "notional": 76e6, "prints": 9, "window_ms": 40}
    assert swept == expected | {"volume": 318, "levels": 3, "age_s": 0.5}


def test_without_a_sweep_there_is_none() -> None:
    swept = message(block([level()]))["levels"][0]["tape"]["sweep"]
    assert (swept["detected"], swept["direction"], swept["notional"]) == (False, "NONE", None)


def test_a_user_level_goes_by_the_name_its_owner_gave_it() -> None:
    row = level(kind=float(LevelKind.USER), user_index=1.0)
    assert message(block([row]), user_ids=("lunch", "line in the sand"))["levels"][0]["id"] == "line in the sand"


def test_a_snap_without_a_price_is_published_without_levels() -> None:
    sent = message(block([], spot=math.nan, bid=math.nan, ask=math.nan))
    assert sent["es"] == {"spot": None, "bid": None, "ask": None}
    assert sent["levels"] == []


def test_every_snap_of_a_block_becomes_a_message() -> None:
    sent = SignalEncoder("es").signals(block([level()], [], [level(), unseen(price=4810.0)]))
    assert [(m.ts_event_ns - T0_NS) // SNAP_NS for m in sent] == [0, 1, 2]
    assert [[one.id for one in m.levels] for m in sent] == [["ROUND_4805"], [], ["ROUND_4805", "ROUND_4810"]]


@pytest.mark.parametrize("field", [name for name in NAMES if name not in OPTIONAL])
def test_nan_in_a_field_that_always_has_a_value_is_refused_by_field_level_and_time(field: str) -> None:
    made = block([level()], [level(price=4810.0), level(**{"price": 4800.0, field: math.nan})])
    with pytest.raises(UnpublishableValueError) as refused:
        SignalEncoder("es").signals(made)
    assert refused.value.field == field
    assert refused.value.t_ns == T0_NS + SNAP_NS
    if field not in {"kind", "price", "user_index"}:
        place = f"{field} of ROUND_4800 at T = {T0_NS + SNAP_NS} ns"
        assert refused.value.level == "ROUND_4800"
        assert str(refused.value) == f"{place} is nan, which cannot be published"


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinity_is_refused_in_every_field(field: str, value: float) -> None:
    with pytest.raises(UnpublishableValueError, match=f"^{field} of "):
        SignalEncoder("es").signals(block([level(**{field: value})]))


@pytest.mark.parametrize("field", sorted(JUDGED))
def test_a_judged_barrier_without_one_of_its_numbers_is_refused(field: str) -> None:
    with pytest.raises(UnpublishableValueError, match=f"^{field} of ROUND_4805"):
        SignalEncoder("es").signals(block([level(**{field: math.nan})]))


@pytest.mark.parametrize("field", sorted(SWEPT))
def test_a_sweep_without_one_of_its_numbers_is_refused(field: str) -> None:
    numbers = {**dict.fromkeys(SWEPT, 1.0), "sweep_direction": 1.0, field: math.nan}
    with pytest.raises(UnpublishableValueError, match=f"^{field} of ROUND_4805"):
        SignalEncoder("es").signals(block([level(**numbers)]))


@pytest.mark.parametrize("field", ["spot", "bid", "ask", "minutes_since_open"])
def test_an_infinity_in_the_snap_itself_is_refused(field: str) -> None:
    made = block([level()])
    made.snaps[field] = math.inf
    with pytest.raises(UnpublishableValueError, match=f"^{field} of the snap at T = {T0_NS} ns is inf"):
        SignalEncoder("es").signals(made)


def test_what_lies_in_unused_places_of_a_block_is_nobody_s_business() -> None:
    made = block([level()])
    assert math.isinf(made.numbers[0, 1, 0])
    assert len(message(made)["levels"]) == 1


def test_an_alert_keeps_its_id_from_raised_to_resolved() -> None:
    end = alert(event=AlertEvent.RESOLVED, reason=ResolveReason.SCORE_EXIT, t_ns=T0_NS + 8 * SNAP_NS, score=69.5)
    raised, resolved = SignalEncoder("es").alerts(block([level()], alerts=[alert(), end]))
    assert isinstance(raised, AlertRaised)
    assert isinstance(resolved, AlertResolved)
    assert raised.id == resolved.id == f"2024-01-05:ROUND_4805:BREAK:{T0_NS}"
    assert (raised.ts_event_ns, resolved.ts_event_ns) == (T0_NS, T0_NS + 8 * SNAP_NS)
    assert resolved.raised_ts_event_ns == T0_NS


@pytest.mark.parametrize("event", list(AlertEvent))
def test_an_alert_s_json_says_what_happened(event: AlertEvent) -> None:
    encoder = SignalEncoder("es")
    (one,) = encoder.alerts(block([level()], alerts=[alert(event=event)]))
    sent = json.loads(encoder.json(one))
    assert sent["event"] == event.name.lower()
    assert (sent["level"], sent["signal"], sent["score"], sent["pulled"]) == ("ROUND_4805", "BREAK", 84.25, 158)


def test_the_last_alert_of_a_level_that_is_gone_has_no_other_level_s_numbers() -> None:
    end = alert(event=AlertEvent.RESOLVED, reason=ResolveReason.LEVEL_GONE, signal=Signal.REJECT)
    (sent,) = SignalEncoder("es").alerts(block([level()], alerts=[end]))
    assert (sent.score, sent.delta_liq, sent.added, sent.pulled, sent.filled, sent.window_s) == (None,) * 6
    assert (sent.barrier_state, sent.confidence) == ("MISSING", "LOW")
    assert sent.reason == "the level is not published any more after 0 s"


@pytest.mark.parametrize(("field", "value"), [("price", math.nan), ("price", math.inf), ("score", math.inf)])
def test_an_alert_with_an_impossible_number_is_refused(field: str, value: float) -> None:
    with pytest.raises(UnpublishableValueError, match=f"^{field} of "):
        SignalEncoder("es").alerts(block([level()], alerts=[alert(**{field: value})]))
