"""Alerts of one's own rules in the list of alerts."""

from __future__ import annotations

import pytest

from spymaster.alerts.standing import AlertStanding, RuleAlert, Snooze
from spymaster.view.drawing.cells import text_of
from spymaster.view.edges.alerts import AlertLook, alert_rows, listed
from spymaster.view.edges.own_alerts import silence_text
from tests.support.own_alerts import own_alert
from tests.support.scripted_source import OPEN_NS, SECOND

ON = own_alert(OPEN_NS)
OVER = own_alert(OPEN_NS + SECOND, "far", ended_ns=OPEN_NS + 2 * SECOND)


def shown(width: int, *alerts: RuleAlert, height: int = 3, snoozes: tuple[Snooze, ...] = ()) -> list[str]:
    """The list as text, at ten seconds past the first alert."""
    own = AlertStanding(alerts, snoozes=snoozes)
    look = AlertLook(OPEN_NS + 10 * SECOND, frozenset(), None, False, "unicode", own)
    return [text_of(row).rstrip() for row in alert_rows((), look, width, height)]


def test_a_rule_s_alert_has_its_own_mark_its_rule_its_level_and_what_it_says() -> None:
    assert shown(80, ON)[1] == "▎09:30:00 ⚑ near     687.25 VWAP       wall, score 62, 0.50 away"


def test_in_a_narrow_list_the_level_is_told_before_what_it_says() -> None:
    assert shown(41, ON)[1] == "▎09:30:00 ⚑ near     687.25 VWAP  wall, …"


def test_those_that_are_on_come_before_those_that_ended() -> None:
    assert [alert.id for alert in listed((), (OVER, ON))] == [ON.id, OVER.id]


def test_the_title_counts_them_and_says_who_is_silent() -> None:
    snooze = Snooze("kind", "VWAP", OPEN_NS + 900 * SECOND)
    title = shown(60, ON, OVER, snoozes=(snooze,))[0]
    assert title == " ALERTS  silent: VWAP to 09:45" + " " * 22 + "1 active"


@pytest.mark.parametrize(("width", "text"), [(30, "silent: VWAP +1 to 09:45"), (12, "2 silent"), (5, "")])
def test_who_is_silent_is_said_in_the_room_there_is(width: int, text: str) -> None:
    until = OPEN_NS + 900 * SECOND
    standing = AlertStanding(snoozes=(Snooze("all", "", until), Snooze("kind", "VWAP", until)))
    assert silence_text(standing, OPEN_NS, width) == text


def test_a_silence_that_is_over_is_not_told() -> None:
    assert silence_text(AlertStanding(snoozes=(Snooze("all", "", OPEN_NS),)), OPEN_NS, 40) == ""


def test_a_single_row_shows_the_newest_that_is_on() -> None:
    assert shown(78, OVER, ON, height=1)[0].startswith("▎09:30:00 ⚑ near")
