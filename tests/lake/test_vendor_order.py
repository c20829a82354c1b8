"""What was fetched later is merged where it belongs, in whatever batches either came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from spymaster.lake.vendor_order import in_vendor_order
from spymaster.market.batches import Batch
from spymaster.market.kinds import Kind
from tests.support.journals import records

T0 = 1_704_465_000 * 10**9


def batch(*moments: int) -> Batch:
    """Trades received at these seconds."""
    rows = records(Kind.TRADE, len(moments))
    rows["ts_recv"] = [T0 + moment * 10**9 for moment in moments]
    return Batch.of(Kind.TRADE, rows)


def cut(moments: Sequence[int], size: int) -> Iterator[Batch]:
    """The same in batches of a size."""
    return (batch(*moments[at : at + size]) for at in range(0, len(moments), size))


def order(lived: Iterator[Batch], fetched: Iterator[Batch]) -> list[int]:
    """The seconds in the order they come; numbers must be contiguous from 0."""
    found: list[int] = []
    for merged in in_vendor_order(lived, fetched):
        assert merged.first_seq == len(found)
        found += [(int(t) - T0) // 10**9 for t in merged.arrays[Kind.TRADE]["ts_recv"]]
    return found


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("other", [1, 3, 100])
def test_a_hole_is_filled_where_it_was(size: int, other: int) -> None:
    lived, fetched = [1, 2, 3, 7, 8, 12, 13], [4, 5, 6, 9, 10, 11]
    assert order(cut(lived, size), cut(fetched, other)) == list(range(1, 14))


def test_the_order_within_either_is_kept_though_receipts_are_not_in_order() -> None:
    assert order(iter([batch(1, 5, 4, 9)]), iter([batch(6, 3, 8)])) == [1, 5, 4, 6, 3, 8, 9]


def test_what_has_the_same_receipt_comes_as_lived_first() -> None:
    assert order(iter([batch(1, 2)]), iter([batch(2, 3)])) == [1, 2, 2, 3]


def test_without_anything_fetched_nothing_changes() -> None:
    assert order(iter([batch(1, 2), batch(3)]), iter([])) == [1, 2, 3]


def test_what_was_fetched_behind_the_last_record_comes_last() -> None:
    assert order(iter([batch(1)]), iter([batch(2), batch(3)])) == [1, 2, 3]


def quotes(*moments: int) -> Batch:
    """Quotes of the vendor that sends JSON, received at these seconds."""
    rows = records(Kind.XQUOTE, len(moments))
    rows["ts_recv"] = [T0 + moment * 10**9 for moment in moments]
    return Batch.of(Kind.XQUOTE, rows)


def kinds_and_times(lived: Iterator[Batch], fetched: Iterator[Batch]) -> list[tuple[Kind, int]]:
    return [
        (kind, (int(t) - T0) // 10**9)
        for merged in in_vendor_order(lived, fetched)
        for kind, rows in merged.arrays.items()
        for t in rows["ts_recv"]
    ]


def test_a_vendor_whose_feed_is_ahead_does_not_say_where_the_others_hole_was() -> None:
    lived = iter([batch(1, 2), quotes(9), batch(3, 4), batch(7)])
    trades = [at for kind, at in kinds_and_times(lived, iter([batch(5, 6)])) if kind is Kind.TRADE]
    assert trades == [1, 2, 3, 4, 5, 6, 7]
