"""Trust by the hour: where nothing is owed silence is no fault, and what the venue says of trading counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import Frame, RecordsFrame, WatermarkFrame
from spymaster.market.hours import HOURS, hours_of
from spymaster.market.kinds import Kind
from spymaster.market.option_chain import CALL, PUT
from spymaster.market.rows import Trust, TrustReason
from spymaster.physics.engine import Engine, EngineError
from tests.support.engine import Results, config_frame, engine_for, feed, records, session_table
from tests.support.market import CLOSE_NS, HOUR, MINUTE, OPEN_NS, RTH_CLOSE_NS, RTH_OPEN_NS, SECOND, Market
from tests.support.options import FIRST_ID, OptionTape, chain, quiet_market
from tests.support.prices import SHARE, bbos, share_trades, started
from tests.support.scenes import keep_alive

DEPTH, TAPE, OPTIONS, EQUITY = range(4)
STRIKES = (5000, 5005)
SESSIONS = session_table()
Light = tuple[Trust, TrustReason]
CLOSED: Light = (Trust.ABSENT, TrustReason.CLOSED)
SETTLING: Light = (Trust.ABSENT, TrustReason.SETTLING)
EXPIRED: Light = (Trust.ABSENT, TrustReason.EXPIRED)
NO_SMILE: Light = (Trust.DEGRADED, TrustReason.NO_SMILE)
SILENT: Light = (Trust.BLIND, TrustReason.SILENT)


def spells(results: Results, of: int) -> list[Light]:
    """The states an input went through."""
    out: list[Light] = []
    for snap in results.snaps:
        now = (Trust(int(snap["trust"][of])), TrustReason(int(snap["trust_reason"][of])))
        if not out or out[-1] != now:
            out.append(now)
    return out


# --- options ----------------------------------------------------------------------------------------------------------


def options_over(
    start_ns: int,
    seconds: float,
    *others: Frame,
    quoted_at: Iterable[float] = (),
    profile: str = "spy",
    underlying: str = "SPY",
    expiry_ns: int = RTH_CLOSE_NS,
) -> list[Light]:
    """What is said of options on ``underlying`` over a quiet market, with a quote of two contracts at some seconds."""
    tape = OptionTape(strikes=STRIKES, start_ns=start_ns)
    for second in quoted_at:
        tape.quote(5000, CALL, second, 9.0, 9.5)
        tape.quote(5000, PUT, second, 9.0, 9.5)
    engine = engine_for(
        profile,
        chain=chain(STRIKES, expiry_ns=expiry_ns),
        hours=hours_of(SESSIONS, underlying).tobytes(),
        params={"option_silence_ns": 2 * SECOND},
    )
    market = quiet_market(seconds, start_ns=start_ns)
    results = feed(engine, *others, *tape.frames(market), WatermarkFrame(start_ns + round(seconds * SECOND)))
    return spells(results, OPTIONS)


def test_before_their_market_opens_options_are_not_blind_but_closed() -> None:
    assert options_over(RTH_OPEN_NS - 10 * SECOND, 8.0) == [CLOSED]


def test_after_the_opening_they_have_their_time_before_silence_counts() -> None:
    assert options_over(RTH_OPEN_NS - 3 * SECOND, 8.0) == [CLOSED, NO_SMILE, SILENT]


def test_quotes_of_an_early_session_are_used_and_their_end_is_no_fault() -> None:
    assert options_over(RTH_OPEN_NS - HOUR, 6.0, quoted_at=(1.1,)) == [CLOSED, NO_SMILE, CLOSED]


def test_silence_in_their_hours_is_blind() -> None:
    assert options_over(RTH_OPEN_NS + HOUR, 5.0, quoted_at=(0.1,)) == [NO_SMILE, SILENT]


def test_options_on_the_future_owe_quotes_in_the_evening_too() -> None:
    start_ns = OPEN_NS + HOUR
    assert options_over(start_ns, 5.0, quoted_at=(0.1,), profile="es", underlying="") == [NO_SMILE, SILENT]


def test_what_trades_on_behind_the_regular_close_has_not_expired() -> None:
    assert options_over(RTH_CLOSE_NS - SECOND, 4.0, quoted_at=(0.1,)) == [NO_SMILE, SETTLING]
    late_ns = RTH_CLOSE_NS + 15 * MINUTE
    assert options_over(late_ns - SECOND, 4.0) == [SETTLING, EXPIRED]


@pytest.mark.parametrize(
    ("profile", "underlying", "expiry_ns", "ends_ns"),
    [
        ("spy", "AAPL", RTH_CLOSE_NS, RTH_CLOSE_NS),
        ("spy", "SPY", RTH_CLOSE_NS + 5 * MINUTE, RTH_CLOSE_NS + 5 * MINUTE),
        ("spy", "SPY", RTH_CLOSE_NS - HOUR, RTH_CLOSE_NS - HOUR),
        ("es", "", RTH_CLOSE_NS, RTH_CLOSE_NS),
    ],
    ids=["a share without late trading", "a later time by definition", "an earlier one", "on the future"],
)
def test_options_expire_when_definition_and_market_say(
    profile: str, underlying: str, expiry_ns: int, ends_ns: int
) -> None:
    about: dict[str, Any] = {"profile": profile, "underlying": underlying, "expiry_ns": expiry_ns}
    assert options_over(ends_ns - 2 * SECOND, 4.0, **about)[-1] == EXPIRED
    assert options_over(ends_ns - 4 * SECOND, 3.0, **about)[-1] != EXPIRED


# --- what the venue says of trading -----------------------------------------------------------------------------------


def status(number: int, t_ns: int, trading: bytes, quoting: bytes = b"~") -> RecordsFrame:
    """A STATUS record of an instrument."""
    row = np.zeros(1, DTYPES[Kind.STATUS])
    row["length"], row["publisher_id"], row["instrument_id"] = row.dtype.itemsize // 4, 1, number
    row["ts_event"], row["ts_recv"] = t_ns, t_ns
    row["is_trading"], row["is_quoting"] = trading, quoting
    return RecordsFrame(Batch.of(Kind.STATUS, row))


NOON = RTH_OPEN_NS + 3 * HOUR
ALL = range(FIRST_ID, FIRST_ID + 2 * len(STRIKES))
HALTED: Light = (Trust.ABSENT, TrustReason.HALTED)


def test_options_that_the_venue_has_halted_are_not_blind() -> None:
    halted = [status(number, NOON, b"N", b"N") for number in ALL]
    assert options_over(NOON, 4.0, *halted, quoted_at=(0.1,)) == [HALTED]


def test_a_halt_of_some_options_is_none_of_the_chain() -> None:
    halted = [status(number, NOON, b"N", b"N") for number in ALL[1:]]
    assert options_over(NOON, 1.5, *halted, quoted_at=(0.1,)) == [NO_SMILE]


@pytest.mark.parametrize("word", [(b"N", b"Y"), (b"Y", b"Y"), (b"~", b"N")])
def test_what_is_quoted_or_traded_or_of_no_word_is_not_halted(word: tuple[bytes, bytes]) -> None:
    said = [status(number, NOON, *word) for number in ALL]
    assert options_over(NOON, 1.5, *said, quoted_at=(0.1,)) == [NO_SMILE]


def test_the_end_of_a_halt_is_heard() -> None:
    halted = [status(number, NOON, b"N", b"N") for number in ALL]
    again = [status(number, NOON, b"Y", b"Y") for number in ALL]
    assert options_over(NOON, 1.5, *halted, *again, quoted_at=(0.1,)) == [NO_SMILE]


FUTURE_ID = 17077


def future_over(market: Market, *before: Frame) -> Results:
    return feed(engine_for("es"), *before, records(market.words()), WatermarkFrame(market.start_ns + 4 * SECOND))


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_a_halted_future_is_blind_with_that_reason(of: int) -> None:
    market = keep_alive(Market(start_ns=NOON).ladder(), 4.0)
    results = future_over(market, status(FUTURE_ID, NOON, b"N", b"N"))
    assert spells(results, of) == [(Trust.BLIND, TrustReason.HALTED)]
    other = future_over(market, status(FUTURE_ID + 1, NOON, b"N", b"N"))
    assert spells(other, of) == [(Trust.GREEN, TrustReason.NONE)]


def test_a_trade_proves_that_a_halt_is_over_even_where_its_end_was_not_said() -> None:
    market = Market(start_ns=NOON).ladder().at(2.1)
    market.trade(0, 3)
    results = future_over(keep_alive(market, 4.0), status(FUTURE_ID, NOON, b"N", b"N"))
    assert spells(results, DEPTH) == [(Trust.BLIND, TrustReason.HALTED), (Trust.GREEN, TrustReason.NONE)]


def test_a_status_moves_no_clock_and_makes_no_snap() -> None:
    engine = engine_for("es")
    assert len(feed(engine, status(FUTURE_ID, NOON, b"N", b"N")).snaps) == 0
    assert engine.counters()["records"] == 1
    assert len(feed(engine, status(FUTURE_ID + 1, NOON, b"N", b"N")).snaps) == 0
    assert engine.counters()["records"] == 1


# --- the share --------------------------------------------------------------------------------------------------------

NIGHT_NS = OPEN_NS + 3 * HOUR
"""21:00 in New York: the share's night begins."""
DAY_NS = OPEN_NS + 10 * HOUR
"""04:00: its day begins."""


def share_hours(night: bool) -> NDArray[np.void]:
    hours = hours_of(SESSIONS, "SPY")
    if night:
        hours["share_open_ns"] = hours["share_day_ns"] - 7 * HOUR
    return hours


def share_engine(*, night: bool = True, **config: Any) -> Engine:
    limits = {"equity_degraded_ns": SECOND, "equity_blind_ns": 3 * SECOND, "silence_rth_ns": 10 * SECOND}
    params = {**limits, "silence_open_ns": 20 * SECOND}
    frame = config_frame("spy", hours=share_hours(night).tobytes(), params=params, **config)
    return started(frame, with_share=True)


def share_over(start_ns: int, seconds: float, *, quoted_at: Iterable[float], night: bool = True) -> list[Light]:
    """What is said of the share over a market that stands, with quotes at some seconds. Limits: 1 and 3 s, at night
    twice that."""
    market = keep_alive(Market(start_ns=start_ns).ladder(size=100, depth=30), seconds)
    lines = [(start_ns + round(second * SECOND), 500.0, 500.02) for second in quoted_at]
    words = market.words()
    timed = [(int(w[1]), 0, records(w[None, :])) for w in words]
    timed += [(line[0], 1, bbos([line])) for line in lines]
    frames = [frame for _, _, frame in sorted(timed, key=lambda one: one[:2])]
    results = feed(share_engine(night=night), *frames, WatermarkFrame(start_ns + round(seconds * SECOND)))
    return spells(results, EQUITY)


RATIO: Light = (Trust.DEGRADED, TrustReason.DEFAULT_RATIO)
STALE: Light = (Trust.DEGRADED, TrustReason.STALE_QUOTE)
NOT_NOW: Light = (Trust.DEGRADED, TrustReason.CLOSED)
GREEN: Light = (Trust.GREEN, TrustReason.NONE)


def test_by_day_an_old_quote_is_degraded_and_then_blind() -> None:
    assert share_over(NOON, 6.0, quoted_at=(0.1, 1.1))[-3:] == [GREEN, STALE, SILENT]


def test_a_share_whose_market_is_closed_is_never_blind() -> None:
    before_night = NIGHT_NS - HOUR
    assert share_over(before_night, 8.0, quoted_at=(0.1, 1.1))[-2:] == [GREEN, NOT_NOW]


def test_a_night_without_one_quote_is_like_a_closed_market() -> None:
    assert share_over(NIGHT_NS + HOUR, 15.0, quoted_at=()) == [RATIO]
    assert share_over(NIGHT_NS - 2 * SECOND, 15.0, quoted_at=(0.1, 1.1))[-1] == NOT_NOW


def test_at_night_quotes_may_be_rarer_before_they_are_old() -> None:
    start_ns = NIGHT_NS + HOUR
    assert share_over(start_ns, 3.0, quoted_at=(0.1, 1.1))[-1] == GREEN
    assert share_over(start_ns, 9.0, quoted_at=(0.1, 1.1))[-3:] == [GREEN, STALE, SILENT]


def test_without_a_night_session_the_share_is_closed_then() -> None:
    assert share_over(NIGHT_NS + HOUR, 9.0, quoted_at=(0.1, 1.1), night=False)[-2:] == [GREEN, NOT_NOW]


def test_when_its_day_begins_the_share_has_its_time_before_silence_counts() -> None:
    states = share_over(DAY_NS - 5 * SECOND, 10.0, quoted_at=(0.1, 1.1), night=False)
    assert states[-4:] == [GREEN, NOT_NOW, STALE, SILENT]


def test_a_halted_share_is_not_blind() -> None:
    market = keep_alive(Market(start_ns=NOON).ladder(size=100, depth=30), 8.0)
    row = status(SHARE[1], NOON, b"N", b"N").batch.arrays[Kind.STATUS].copy()
    row["publisher_id"] = SHARE[0]
    halt = RecordsFrame(Batch.of(Kind.STATUS, row))
    results = feed(share_engine(), halt, records(market.words()), WatermarkFrame(NOON + 8 * SECOND))
    assert spells(results, EQUITY) == [(Trust.DEGRADED, TrustReason.HALTED)]
    traded = share_trades([(NOON + 9 * SECOND, 500.0, 5)])
    more = feed(share_engine(), halt, records(market.words()), traded, WatermarkFrame(NOON + 10 * SECOND))
    assert spells(more, EQUITY)[-1] != (Trust.DEGRADED, TrustReason.HALTED)


# --- the configuration ------------------------------------------------------------------------------------------------


def test_hours_must_be_of_the_sessions() -> None:
    with pytest.raises(EngineError, match="hours of 1 trading sessions were given, which are 2"):
        engine_for("es", hours=np.zeros(1, HOURS).tobytes())


def test_other_hours_are_another_configuration() -> None:
    first, second = (engine_for("es", hours=hours_of(SESSIONS, name).tobytes()) for name in ("SPY", "AAPL"))
    with pytest.raises(EngineError, match="another configuration"):
        second.restore(first.snapshot())


def test_a_recording_without_hours_owes_quotes_at_any_time() -> None:
    engine = engine_for("spy", chain=chain(STRIKES), params={"option_silence_ns": 2 * SECOND})
    start_ns = RTH_OPEN_NS - HOUR
    results = feed(engine, records(quiet_market(4.0, start_ns=start_ns)), WatermarkFrame(start_ns + 4 * SECOND))
    assert spells(results, OPTIONS)[-1] == SILENT
    assert start_ns < CLOSE_NS
