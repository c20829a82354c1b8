"""Going from alert to alert and from touch to touch, known ones at once, unknown ones by searching."""

from __future__ import annotations

import pytest

from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Frame, Phase
from tests.session.screen import Open, Screen

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture(scope="module")
def raised(warm: None, bundled_plan: ReplayPlan) -> list[int]:
    """When the alerts of the bundled recording are raised."""
    screen = Screen(bundled_plan, speed=None)
    screen.session.start()
    try:
        end = screen.phase(Phase.ENDED)
    finally:
        screen.session.stop()
    assert end.replay is not None
    moments = sorted({alert.t_ns for alert in end.replay.alerts})
    assert len(moments) >= 2
    return moments


def go(screen: Screen, command: Command, t_ns: int, subject: str = "") -> Frame:
    screen.session.send(command, 0.0, subject)
    return screen.wait(lambda frame: frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED)


def test_the_next_alert_is_searched_for_and_stood_still_at(
    open_screen: Open, bundled_plan: ReplayPlan, raised: list[int]
) -> None:
    screen = open_screen(bundled_plan)
    screen.paused_at_the_first_snap()
    for t_ns in raised:
        frame = go(screen, Command.NEXT_ALERT, t_ns)
        assert any(alert.t_ns == t_ns for alert in frame.alerts)


def test_alerts_known_are_gone_to_and_fro(open_screen: Open, bundled_plan: ReplayPlan, raised: list[int]) -> None:
    screen = open_screen(bundled_plan)
    screen.session.start()
    screen.phase(Phase.ENDED)
    for t_ns in reversed(raised):
        frame = go(screen, Command.PREVIOUS_ALERT, t_ns)
        assert all(alert.t_ns <= t_ns for alert in frame.alerts)
        assert frame.replay is not None
        assert [alert.t_ns for alert in frame.replay.alerts][-1] == raised[-1]
    go(screen, Command.NEXT_ALERT, raised[1])


def test_before_the_first_alert_there_is_none_and_it_is_said(
    open_screen: Open, bundled_plan: ReplayPlan, raised: list[int]
) -> None:
    screen = open_screen(bundled_plan)
    first = screen.paused_at_the_first_snap()
    frame = screen.ask(Command.PREVIOUS_ALERT)
    assert frame.t_ns == first.t_ns < raised[0]
    assert frame.replay is not None
    assert frame.replay.answer == "No alert before this moment"


def test_a_search_in_vain_comes_back_and_says_so(
    open_screen: Open, bundled_plan: ReplayPlan, raised: list[int]
) -> None:
    screen = open_screen(bundled_plan, until_ns=raised[-1])
    screen.session.start()
    before = screen.phase(Phase.PAUSED)
    screen.session.send(Command.NEXT_ALERT)
    frame = screen.wait(
        lambda frame: frame.replay is not None and frame.replay.answer.startswith("the next alert: none")
    )
    frame = screen.phase(Phase.PAUSED)
    assert frame.t_ns == before.t_ns


def test_at_the_end_there_is_no_next_alert_and_it_is_said(open_screen: Open, bundled_plan: ReplayPlan) -> None:
    screen = open_screen(bundled_plan)
    screen.session.start()
    screen.phase(Phase.ENDED)
    screen.session.send(Command.NEXT_ALERT)
    vain = "the next alert: none up to the end of the recording"
    frame = screen.wait(lambda frame: frame.replay is not None and frame.replay.answer == vain)
    assert frame.header.phase is Phase.ENDED


def test_a_search_can_be_given_up(open_screen: Open, bundled_plan: ReplayPlan) -> None:
    screen = open_screen(bundled_plan)
    screen.paused_at_the_first_snap()
    screen.session.send(Command.NEXT_TOUCH, 0.0, screen.frame().level_views[-1].id)
    screen.session.send(Command.CANCEL)
    frame = screen.wait(lambda frame: frame.header.phase is Phase.PAUSED)
    assert frame.header.phase is Phase.PAUSED


def test_the_touches_of_a_level_are_gone_to(open_screen: Open, bundled_plan: ReplayPlan) -> None:
    whole = open_screen(bundled_plan)
    whole.session.start()
    end = whole.phase(Phase.ENDED)
    stories = {view.id: whole.session.level_history(view.id, 900).touches for view in end.level_views}
    level_id, touches = max(stories.items(), key=lambda item: len(item[1]))
    assert len(touches) >= 2
    screen = open_screen(bundled_plan)
    screen.paused_at_the_first_snap()
    moments = [touch.t_ns for touch in touches]
    known = [go(screen, Command.NEXT_TOUCH, t_ns, level_id).t_ns for t_ns in moments]
    assert known == moments
    assert go(screen, Command.PREVIOUS_TOUCH, moments[-2], level_id).t_ns == moments[-2]


def test_a_level_nobody_knows_is_named(open_screen: Open, bundled_plan: ReplayPlan) -> None:
    screen = open_screen(bundled_plan)
    screen.paused_at_the_first_snap()
    screen.session.send(Command.NEXT_TOUCH, 0.0, "NOWHERE")
    frame = screen.wait(lambda frame: frame.replay is not None and frame.replay.answer != "")
    assert frame.replay is not None
    assert frame.replay.answer == "No level NOWHERE in this recording"


def test_the_alert_of_a_moment_is_gone_to(open_screen: Open, bundled_plan: ReplayPlan, raised: list[int]) -> None:
    screen = open_screen(bundled_plan)
    screen.session.start()
    screen.phase(Phase.ENDED)
    screen.session.send(Command.SEEK_ALERT, raised[0])
    assert screen.phase(Phase.PAUSED).t_ns == raised[0]
