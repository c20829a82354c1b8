"""The stream of a gateway as lines: each message once, over lost connections, and words about what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from spymaster.bus.attach.lines import GatewayLines
from spymaster.bus.attach.ways import LostError, RefusedError


class OverError(Exception):
    """The scene is over."""


def signals(t_ns: int, *, cached: bool = False) -> str:
    return json.dumps({"subject": "levels.signals", "seq": 1, "cached": cached, "data": {"ts_event_ns": t_ns}})


def alert(event: str, t_ns: int, *, cached: bool = False) -> str:
    data = {"event": event, "id": "2026-01-05:VWAP:BREAK:1", "ts_event_ns": t_ns}
    return json.dumps({"subject": "levels.alerts", "seq": 1, "cached": cached, "data": data})


def connections(*scenes: list[str] | LostError) -> Callable[[], Callable[[], str]]:
    """One connection after the other, each with its messages before it is lost, or the reason why there is none."""
    left = list(scenes)

    def connect() -> Callable[[], str]:
        if not left:
            raise OverError
        scene = left.pop(0)
        if isinstance(scene, LostError):
            raise scene
        messages = list(scene)

        def receive() -> str:
            if not messages:
                raise LostError("the connection was closed")
            return messages.pop(0)

        return receive

    return connect


def followed(*scenes: list[str] | LostError) -> tuple[list[dict[str, Any]], list[str]]:
    """What was written, and what was said about it."""
    written: list[dict[str, Any]] = []
    said: list[str] = []
    lines = GatewayLines(connections(*scenes), said.append, wait=lambda _event, _seconds: True)
    with pytest.raises(OverError):
        lines.follow(lambda _subject, line: written.append(json.loads(line)))
    return written, said


def test_what_stands_when_a_connection_is_made_again_is_not_told_twice() -> None:
    first = [signals(1), alert("raised", 1), signals(2)]
    again = [signals(2, cached=True), alert("raised", 1, cached=True), alert("resolved", 3), signals(3)]
    written, said = followed(first, again)
    assert [(line.get("event"), line["ts_event_ns"]) for line in written] == [
        (None, 1),
        ("raised", 1),
        (None, 2),
        ("resolved", 3),
        (None, 3),
    ]
    assert said.count("connected again") == 1


def test_one_reason_is_said_once_however_often_it_is_tried() -> None:
    nobody = LostError("connection refused")
    assert followed(nobody, nobody, nobody)[1] == ["connection lost: connection refused; trying again"]


def test_messages_that_were_left_out_are_said() -> None:
    written, said = followed([json.dumps({"subject": "skipped", "messages": 300}), signals(9)])
    assert len(written) == 1
    assert said[0] == "too slow: 300 messages were left out"


def test_option_flow_is_no_line() -> None:
    assert followed([json.dumps({"subject": "market.flow", "seq": 1, "data": {}})])[0] == []


@pytest.mark.parametrize("message", ["hello", "[]", '{"subject": 1}'])
def test_what_is_no_gateway_of_this_program_ends_it(message: str) -> None:
    lines = GatewayLines(connections([message]), lambda _line: None)
    with pytest.raises(RefusedError, match="no gateway of this program"):
        lines.follow(lambda _subject, _line: None)
