"""A watch over a Session: which alerts stand on the desk, what is silenced, and how its files are followed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from spymaster.alerts.desk import NS_PER_MIN
from spymaster.alerts.standing import NEWS_NS
from spymaster.alerts.watch import RuleWatch
from spymaster.config.alerts import Alerts
from spymaster.config.loader import load_config
from spymaster.market.levels import LevelKind
from spymaster.signals.feed_words import FeedWords
from tests.support.awaiting import awaited
from tests.support.blocks import SNAP_NS, T0_NS, block, level
from tests.support.bus import CONFIG

NEAR: dict[str, dict[str, object]] = {"near": {"distance": 1.0, "rest": 0.0}}


def watch(rules: Mapping[str, object] | None = None, judges: bool = True, **keys: object) -> RuleWatch:
    """A watch with these rules, over files that never change."""
    alerts = msgspec.convert({"rules": NEAR if rules is None else rules, **keys}, Alerts)
    made = RuleWatch(alerts, lambda: alerts, (), judges=judges)
    made.begins(CONFIG, FeedWords())
    return made


VWAP = level(kind=LevelKind.VWAP, distance=0.5)
FAR = level(kind=LevelKind.VWAP, distance=2.0)


def ids(made: RuleWatch) -> list[tuple[str, int, bool]]:
    """The level, the snap and whether it is still on, of each alert on the desk."""
    alerts = made.desk.standing().alerts
    return [(one.level_id, (one.t_ns - T0_NS) // SNAP_NS, one.ended_ns is None) for one in alerts]


def test_alerts_stand_on_the_desk_the_newest_first() -> None:
    made = watch()
    made.on_block(block([VWAP], [FAR], [VWAP]))
    assert ids(made) == [("VWAP", 2, True), ("VWAP", 0, False)]


def test_blocks_of_any_size_give_the_same_alerts() -> None:
    whole, parts = watch(), watch()
    whole.on_block(block([VWAP], [FAR], [VWAP], [FAR]))
    for place, row in enumerate((VWAP, FAR, VWAP, FAR)):
        parts.on_block(block([row], first_ns=T0_NS + place * SNAP_NS))
    assert whole.desk.standing() == parts.desk.standing()


def test_going_back_takes_away_what_was_raised_later() -> None:
    made = watch()
    made.on_block(block([VWAP], [FAR], [VWAP]))
    made.begins(CONFIG, FeedWords())
    made.on_block(block([FAR], first_ns=T0_NS + SNAP_NS))
    assert ids(made) == [("VWAP", 0, False)]


def test_nothing_is_judged_where_rules_were_not_asked_for() -> None:
    made = watch(judges=False)
    made.on_block(block([VWAP]))
    standing = made.desk.standing()
    assert (standing.alerts, standing.rules, standing.is_on) == ((), 0, False)


def test_what_is_silenced_is_listed_but_not_passed_on() -> None:
    made = watch()
    desk = made.desk
    desk.snooze("kind", "VWAP", 15, T0_NS)
    made.on_block(block([VWAP]))
    assert ids(made) == [("VWAP", 0, True)]
    alert = desk.standing().alerts[0]
    assert desk.take(T0_NS + 1, (alert,), ()) == ()
    assert desk.take(T0_NS + 15 * NS_PER_MIN, (alert,), ()) == (alert,)


@pytest.mark.parametrize(
    ("kind", "name", "is_silent"),
    [
        ("all", "", True),
        ("rule", "near", True),
        ("rule", "other", False),
        ("kind", "VWAP", True),
        ("kind", "ROUND", False),
        ("level", "VWAP", True),
    ],
)
def test_a_snooze_silences_what_it_names(kind: str, name: str, is_silent: bool) -> None:
    desk = watch().desk
    desk.snooze(kind, name, 5, T0_NS)  # type: ignore[arg-type]
    assert desk.is_silent("near", "VWAP", "VWAP", T0_NS) is is_silent


def test_a_snooze_ends_by_the_market_s_time_or_by_no_minutes() -> None:
    desk = watch().desk
    desk.snooze("all", "", 5, T0_NS)
    assert not desk.is_silent("", "VWAP", "VWAP", T0_NS + 5 * NS_PER_MIN)
    desk.snooze("all", "", 0, T0_NS)
    assert desk.standing().snoozes == ()


def test_a_command_runs_for_the_rules_that_ask_for_it(tmp_path: Path) -> None:
    asks = {"near": {**NEAR["near"], "command": True}, "quiet": {"distance": 1.0}}
    made = watch(asks, command=["/bin/sh", "-c", f"cat >> {tmp_path}/given"])
    made.on_block(block([VWAP], [VWAP]))
    awaited(lambda: made.desk.standing().ran == 1)
    made.stop()
    assert b'"rule":"near"' in (tmp_path / "given").read_bytes()
    assert len((tmp_path / "given").read_bytes().splitlines()) == 1


def test_a_session_that_catches_up_with_its_market_runs_no_command_for_what_is_old(tmp_path: Path) -> None:
    text = '[alerts]\ncommand = ["/bin/true"]\n[alerts.rules.near]\ndistance = 1.0\nrest = 0.0\ncommand = true\n'
    path = tmp_path / "rules.toml"
    path.write_text(text)
    alerts = load_config(path).alerts
    made = RuleWatch(alerts, lambda: alerts, (), now_ns=lambda: T0_NS + NEWS_NS + SNAP_NS)
    made.begins(CONFIG, FeedWords())
    made.on_block(block([VWAP], [FAR], [VWAP]))
    awaited(lambda: made.desk.standing().ran == 1)
    made.stop()
    assert [snap for _, snap, _ in ids(made)] == [2, 0], "both stand on the desk"
    assert made.desk.standing().ran == 1


class Followed:
    """A watch over a file that can be written anew."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        path.write_text(text)
        self.watch = RuleWatch(load_config(path).alerts, lambda: load_config(path).alerts, (path,))
        self.watch.begins(CONFIG, FeedWords())

    def write(self, text: str) -> bool:
        """Replace the file, as editors do, and look."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.path)
        return self.watch.look()


RULE = "[alerts.rules.near]\ndistance = {}\n"


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    """A watch over a rule about levels within half a dollar."""
    return Followed(tmp_path / "config.toml", RULE.format(0.4))


def test_a_changed_file_takes_effect_at_the_next_snap(followed: Followed) -> None:
    followed.watch.on_block(block([VWAP]))
    assert followed.write(RULE.format(0.6))
    followed.watch.on_block(block([VWAP], first_ns=T0_NS + SNAP_NS))
    assert ids(followed.watch) == [("VWAP", 1, True)]


def test_a_faulty_file_is_told_in_one_line_and_the_rules_stay(followed: Followed) -> None:
    followed.write(RULE.format('"near"'))
    standing = followed.watch.desk.standing()
    assert standing.fault == (
        f'{followed.path}: alerts.rules.near.distance: cannot be "near"; '
        "it must be a number from 0 to 1000 (ES points in es, SPY dollars in spy)"
    )
    assert standing.rules == 1
    assert followed.watch.alerts.rules["near"].distance == 0.4


def test_a_mended_file_takes_the_fault_away(followed: Followed) -> None:
    followed.write("[alerts.rules.near\n")
    assert followed.watch.desk.standing().fault
    followed.write(RULE.format(0.4))
    assert not followed.watch.desk.standing().fault


def test_a_file_that_did_not_change_is_not_read_again(followed: Followed) -> None:
    assert not followed.watch.look()


def test_an_alert_that_is_on_ends_when_its_rule_goes(followed: Followed) -> None:
    followed.write(RULE.format(0.6))
    followed.watch.on_block(block([VWAP]))
    followed.write("")
    followed.watch.on_block(block([VWAP], first_ns=T0_NS + SNAP_NS))
    assert ids(followed.watch) == [("VWAP", 0, False)]


def test_the_file_is_followed_while_the_session_runs(followed: Followed) -> None:
    followed.watch.start()
    fresh = followed.path.with_suffix(".new")
    fresh.write_text(RULE.format(0.6))
    fresh.replace(followed.path)
    awaited(lambda: followed.watch.alerts.rules["near"].distance == 0.6)
    followed.watch.stop()
