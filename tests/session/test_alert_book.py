"""The alerts a screen lists: newest first, resolved ones marked, the latest two hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, ResolveReason, Signal
from spymaster.physics.memory.level_records import LEVEL
from spymaster.session.frames.alert_book import AlertBook
from spymaster.signals.encode import SignalEncoder
from tests.support.blocks import T0_NS, Row, alert, block, level

S = 1_000_000_000


@pytest.fixture
def book() -> AlertBook:
    return AlertBook(SignalEncoder("es", ()))


def raised(seconds: float = 0.0, **columns: float) -> dict[str, float]:
    t_ns = T0_NS + round(seconds * S)
    return alert(t_ns=t_ns, raised_ns=t_ns, **columns)


def resolved(raised_s: float, seconds: float, **columns: float) -> dict[str, float]:
    return raised(
        raised_s,
        **{"event": AlertEvent.RESOLVED, "reason": ResolveReason.SCORE_EXIT, **columns},
    ) | {"t_ns": T0_NS + round(seconds * S)}


def take(book: AlertBook, *batches: Sequence[Row]) -> None:
    for alerts in batches:
        book.on_block(block([level()], alerts=list(alerts)))  # type: ignore[arg-type]  # the shape of a SnapBlock


def test_an_alert_is_listed_as_it_was_raised(book: AlertBook) -> None:
    take(book, [raised()])
    (view,) = book.latest()
    assert (view.t_ns, view.resolved_ns, view.level_id, view.signal) == (T0_NS, None, "ROUND_4805", "BREAK")
    assert (view.price, view.direction, view.score, view.in_window) == (4805.0, -1, 81.5, True)
    assert view.confidence == "HIGH"
    assert "pulled 158" in view.reason


def test_its_id_is_date_level_signal_and_time(book: AlertBook) -> None:
    take(book, [raised()])
    assert book.latest()[0].id == f"2024-01-05:ROUND_4805:BREAK:{T0_NS}"


def test_the_newest_comes_first(book: AlertBook) -> None:
    take(book, [raised(0)], [raised(5, price=4810.0)], [raised(9, price=4815.0)])
    assert [view.price for view in book.latest()] == [4815.0, 4810.0, 4805.0]


def test_a_resolved_alert_keeps_its_place_and_says_when(book: AlertBook) -> None:
    take(book, [raised(0)], [raised(1, price=4810.0)], [resolved(0, 7)])
    assert [(view.price, view.resolved_ns) for view in book.latest()] == [(4810.0, None), (4805.0, T0_NS + 7 * S)]


def test_the_reason_of_a_resolved_alert_stays_that_of_its_raising(book: AlertBook) -> None:
    take(book, [raised(0)])
    before = book.latest()[0].reason
    take(book, [resolved(0, 7)])
    assert book.latest()[0].reason == before


def test_the_same_level_raised_again_is_another_alert(book: AlertBook) -> None:
    take(book, [raised(0)], [resolved(0, 7)], [raised(20)])
    assert [view.resolved_ns for view in book.latest()] == [None, T0_NS + 7 * S]


def test_an_end_without_a_beginning_is_passed_over(book: AlertBook) -> None:
    take(book, [resolved(0, 7)])
    assert book.latest() == ()


def test_a_reject_of_a_resistance_says_so(book: AlertBook) -> None:
    take(book, [raised(0, signal=Signal.REJECT, direction=1, raised_score=12.0)])
    (view,) = book.latest()
    assert (view.signal, view.direction, view.score) == ("REJECT", 1, 12.0)


def test_the_latest_two_hundred_are_kept(book: AlertBook) -> None:
    for k in range(230):
        take(book, [raised(k)])
    times = [view.t_ns for view in book.latest()]
    assert len(times) == 200
    assert times[0] == T0_NS + 229 * S
    assert times[-1] == T0_NS + 30 * S


def test_a_block_without_alerts_changes_nothing(book: AlertBook) -> None:
    take(book, [raised()], [])
    assert len(book.latest()) == 1


def test_what_was_given_does_not_change(book: AlertBook) -> None:
    take(book, [raised()])
    before = book.latest()
    take(book, [resolved(0, 7)])
    assert before[0].resolved_ns is None


def standing(peak: float, **fields: float) -> NDArray[Any]:
    """The engine's record of the level whose BREAK is on."""
    levels = np.zeros(2, LEVEL)
    row = {
        "kind": LevelKind.ROUND,
        "price": 4805.0,
        "signal": Signal.BREAK,
        "raised_ns": T0_NS,
        "raised_date": 20240105,
    }
    for name, value in (row | {"peak_score": peak} | fields).items():
        levels[1][name] = value
    return levels


def test_an_alert_keeps_the_score_it_was_raised_with_whatever_is_said_of_it_later(book: AlertBook) -> None:
    take(book, [raised()], [raised(event=AlertEvent.UPDATED, score=72.0)])
    assert book.latest()[0].score == 81.5


def test_an_alert_that_is_on_shows_the_furthest_score_so_far(book: AlertBook) -> None:
    take(book, [raised()])
    book.follow(standing(93.25))
    assert (book.latest()[0].score, book.latest()[0].peak_score) == (81.5, 93.25)


def test_another_level_or_another_signal_is_not_the_alert_s(book: AlertBook) -> None:
    take(book, [raised()])
    book.follow(standing(97.0, price=4810.0))
    book.follow(standing(97.0, raised_ns=T0_NS + S))
    book.follow(standing(97.0, signal=Signal.NEUTRAL))
    assert book.latest()[0].peak_score == 90.5


def test_an_alert_that_ended_keeps_its_furthest_score(book: AlertBook) -> None:
    take(book, [raised()], [resolved(0, 7, peak_score=95.0)])
    book.follow(standing(99.0, signal=Signal.NEUTRAL))
    assert book.latest()[0].peak_score == 95.0
