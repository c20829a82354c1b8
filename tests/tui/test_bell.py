"""When an alert rings, and when it stays silent."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from spymaster.alerts.standing import AlertStanding, RuleAlert, Snooze
from spymaster.signals.frame import Frame, Mode
from spymaster.tui.bell import REST_S, AlertBell, BellPlan, Ring, notification
from tests.support.own_alerts import own_alert
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
    assert bell.ring(frame("new"), 1.0) == Ring("BREAK STRIKE_687 687, score 84", bell=True, notify=True)
    assert bell.ring(frame("new"), 60.0) is None


def test_a_replay_does_not_ring(bell: AlertBell) -> None:
    assert bell.ring(frame("new", mode=Mode.REPLAY), 1.0) is None


def test_an_alert_outside_the_signal_window_does_not_ring(bell: AlertBell) -> None:
    assert bell.ring(frame("new", in_window=False), 1.0) is None


def test_the_bell_rests_between_two_rings(bell: AlertBell) -> None:
    bell.ring(frame("first"), 1.0)
    assert bell.ring(frame("second"), 1.0 + REST_S / 2) is None
    assert bell.ring(frame("third"), 1.0 + 2 * REST_S) is not None


def own(t_ns: int, rule: str = "near", bell: bool = True, notify: bool = True) -> RuleAlert:
    """An alert of one's own rule, on."""
    return own_alert(t_ns, rule, bell=bell, notify=notify)


def test_an_alert_of_one_s_own_rings_as_its_rule_asks(bell: AlertBell) -> None:
    shown = frame()
    loud, quiet = own(shown.t_ns), own(shown.t_ns, "quiet", bell=False)
    assert bell.ring(shown, 1.0, AlertStanding((loud,))) == Ring(
        "near: VWAP 687.25, wall, score 62, 0.50 away", True, True
    )
    ring = bell.ring(shown, 9.0, AlertStanding((quiet, loud)))
    assert ring is not None
    assert (ring.bell, ring.notify) == (False, True)
    assert bell.ring(shown, 18.0, AlertStanding((own(shown.t_ns, "mute", False, False), quiet, loud))) is None


def test_an_alert_of_one_s_own_that_is_old_news_does_not_ring(bell: AlertBell) -> None:
    shown = frame()
    assert bell.ring(shown, 1.0, AlertStanding((own(shown.t_ns - 60_000_000_000),))) is None


def test_what_the_configuration_does_not_want_does_not_sound(bell: AlertBell) -> None:
    ring = bell.ring(frame("new"), 1.0, plan=BellPlan(bell=False))
    assert ring is not None
    assert (ring.bell, ring.notify) == (False, True)
    assert bell.ring(frame("newer"), 9.0, plan=BellPlan(bell=False, notify=False)) is None


def test_a_replay_rings_where_it_was_asked_to(bell: AlertBell) -> None:
    assert bell.ring(frame("new", mode=Mode.REPLAY), 1.0, plan=BellPlan(in_replay=True)) is not None


@pytest.mark.parametrize(
    ("snooze", "is_silent"),
    [
        (("all", ""), True),
        (("level", "STRIKE_687"), True),
        (("level", "STRIKE_688"), False),
        (("kind", "STRIKE"), True),
        (("rule", "near"), False),
    ],
)
def test_a_snooze_silences_the_engine_s_own_alerts_too(
    bell: AlertBell, snooze: tuple[str, str], is_silent: bool
) -> None:
    shown = frame("new")
    silenced = AlertStanding(snoozes=(Snooze(*snooze, shown.t_ns + 1),))  # type: ignore[arg-type]
    assert (bell.ring(shown, 1.0, silenced) is None) is is_silent


def test_a_snooze_that_is_over_silences_nothing(bell: AlertBell) -> None:
    shown = frame("new")
    assert bell.ring(shown, 1.0, AlertStanding(snoozes=(Snooze("all", "", shown.t_ns),))) is not None


def test_a_notification_cannot_carry_control_characters() -> None:
    assert notification("a\x1b]0;b\a") == "\a\x1b]9;a]0,b\x1b\\"


def test_a_notification_is_never_taken_for_a_numbered_command() -> None:
    assert notification("4;1;50", bell=False) == "\x1b]9;4,1,50\x1b\\"


def test_a_bell_alone_asks_for_no_notification() -> None:
    assert notification("x", notify=False) == "\a"
