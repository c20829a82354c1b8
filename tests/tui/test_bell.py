"""When an alert rings, and when it stays silent."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from spymaster.signals.frame import Frame, Mode
from spymaster.tui.bell import REST_S, AlertBell, notification
from tests.support.scripted_source import ScriptedSource


def frame(fresh: str = "", mode: Mode = Mode.LIVE, in_window: bool = True) -> Frame:
    shown = ScriptedSource(mode).latest()
    assert shown is not None
    if not fresh:
        return shown
    alert = msgspec.structs.replace(shown.alerts[0], id=fresh, resolved_ns=None, in_window=in_window)
    return dataclasses.replace(shown, alerts=(alert, *shown.alerts))


@pytest.fixture
def bell() -> AlertBell:
    """A bell that has seen the first frame."""
    bell = AlertBell()
    assert bell.ring(frame(), 0.0) is None
    return bell


def test_alerts_of_the_first_frame_are_old_news() -> None:
    assert AlertBell().ring(frame("new"), 0.0) is None


def test_a_new_alert_rings_once(bell: AlertBell) -> None:
    assert bell.ring(frame("new"), 1.0) == "BREAK STRIKE_687 687, score 84"
    assert bell.ring(frame("new"), 60.0) is None


def test_a_replay_does_not_ring(bell: AlertBell) -> None:
    assert bell.ring(frame("new", mode=Mode.REPLAY), 1.0) is None


def test_an_alert_outside_the_signal_window_does_not_ring(bell: AlertBell) -> None:
    assert bell.ring(frame("new", in_window=False), 1.0) is None


def test_the_bell_rests_between_two_rings(bell: AlertBell) -> None:
    bell.ring(frame("first"), 1.0)
    assert bell.ring(frame("second"), 1.0 + REST_S / 2) is None
    assert bell.ring(frame("third"), 1.0 + 2 * REST_S) is not None


def test_a_notification_cannot_carry_control_characters() -> None:
    assert notification("a\x1b]0;b\a") == "\a\x1b]9;a]0;b\x1b\\"
