"""Blocks reach the sinks in order, one at a time, beside the engine; what a sink raises comes out where it is given."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from spymaster.physics.engine import SnapBlock
from spymaster.session.delivery import Delivery, InlineDelivery


def block(number: int) -> SnapBlock:
    """Something to be told from others: nothing of it is looked at on the way."""
    return cast("SnapBlock", number)


class Notes:
    """A sink that notes what it gets and in which thread, and fails at some of it."""

    def __init__(self, fails_at: int = -1) -> None:
        self.got: list[Any] = []
        self.threads: set[int] = set()
        self._fails_at = fails_at

    def on_block(self, block: SnapBlock) -> None:
        self.threads.add(threading.get_ident())
        self.got.append(block)
        if cast("Any", block) == self._fails_at:
            raise OSError("the disk is full")


def test_every_sink_gets_every_block_in_order_and_beside_the_one_who_gives() -> None:
    first, second = Notes(), Notes()
    with Delivery([first, second]) as delivery:
        for number in range(5):
            delivery.give(block(number))
        delivery.settle()
    assert first.got == second.got == list(range(5))
    assert first.threads == second.threads
    assert threading.get_ident() not in first.threads


def test_a_block_is_given_when_the_one_before_has_been_taken() -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Notes):
        def on_block(self, block: SnapBlock) -> None:
            entered.set()
            go_on.wait()
            super().on_block(block)

    slow, given = Slow(), threading.Event()

    def give_two() -> None:
        with Delivery([slow]) as delivery:
            delivery.give(block(0))
            delivery.give(block(1))
            given.set()

    giver = threading.Thread(target=give_two)
    giver.start()
    entered.wait()
    assert not given.is_set()
    go_on.set()
    giver.join()
    assert slow.got == [0, 1]


def test_what_a_sink_raises_is_raised_by_the_next_giving_and_no_later_block_is_handed_on() -> None:
    sink = Notes(fails_at=1)
    with Delivery([sink]) as delivery:
        delivery.give(block(0))
        delivery.give(block(1))
        with pytest.raises(OSError, match="the disk is full"):
            delivery.give(block(2))
    assert sink.got == [0, 1]


def test_what_a_sink_raises_at_the_last_block_is_raised_by_settling() -> None:
    with Delivery([Notes(fails_at=0)]) as delivery:
        delivery.give(block(0))
        with pytest.raises(OSError, match="the disk is full"):
            delivery.settle()


def test_leaving_waits_for_the_block_under_way() -> None:
    sink = Notes()
    with Delivery([sink]) as delivery:
        delivery.give(block(0))
    assert sink.got == [0]


def test_inline_every_sink_gets_every_block_in_the_thread_that_gives() -> None:
    first, second = Notes(), Notes()
    with InlineDelivery([first, second]) as delivery:
        for number in range(3):
            delivery.give(block(number))
        delivery.settle()
    assert first.got == second.got == list(range(3))
    assert first.threads == second.threads == {threading.get_ident()}


def test_inline_what_a_sink_raises_comes_out_at_once() -> None:
    sink = Notes(fails_at=1)
    with InlineDelivery([sink]) as delivery:
        delivery.give(block(0))
        with pytest.raises(OSError, match="full"):
            delivery.give(block(1))
