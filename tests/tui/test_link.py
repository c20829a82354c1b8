"""The books of the link: age, rates, lost replies, and the quality that fits."""

from __future__ import annotations

import pytest

from spymaster.tui.terminal.link import AckSource, LinkMeter, QualityLadder
from spymaster.view.state import Quality


def send(meter: LinkMeter, size: int, now: float, data_at: float | None = None) -> int:
    slot = meter.sent(size, now if data_at is None else data_at, now)
    meter.queued(size)
    return slot


def test_the_age_is_the_time_from_the_pull_of_the_data_to_the_reply() -> None:
    meter = LinkMeter()
    slot = send(meter, 1000, now=10.02, data_at=10.0)
    meter.taken(1000, 10.03)
    assert meter.acked(slot, 10.1)
    assert meter.state(10.2).age_s == pytest.approx(0.1)


def test_the_age_grows_while_a_frame_stays_unanswered() -> None:
    meter = LinkMeter()
    meter.acked(send(meter, 10, now=0.0), 0.01)
    meter.taken(10, 0.01)
    send(meter, 10, now=1.0)
    assert meter.state(1.9).age_s == pytest.approx(0.9)


def test_there_is_no_age_before_the_first_reply_or_frame() -> None:
    assert LinkMeter().state(5.0).age_s is None


def test_a_frame_is_under_way_until_its_own_reply_comes() -> None:
    meter = LinkMeter()
    first = send(meter, 10, now=0.0)
    meter.taken(10, 0.0)
    assert meter.busy()
    meter.acked(first, 0.1)
    assert not meter.busy()


def test_a_reply_nobody_waits_for_is_ignored() -> None:
    meter = LinkMeter()
    send(meter, 10, now=0.0)
    assert not meter.acked(17, 0.1)
    assert meter.busy()


def test_a_later_reply_answers_the_earlier_frames_too() -> None:
    meter = LinkMeter()
    send(meter, 10, now=0.0)
    second = send(meter, 10, now=0.1)
    meter.taken(20, 0.2)
    meter.acked(second, 0.3)
    assert meter.unanswered == 0


def test_a_terminal_that_never_answers_is_judged_by_its_unsent_bytes() -> None:
    meter = LinkMeter()
    send(meter, 10, now=0.0)
    meter.taken(10, 0.1)
    assert meter.overdue(5.0)
    assert meter.state(5.0).source is AckSource.BYTES
    send(meter, 10, now=6.0)
    assert meter.busy()
    meter.taken(10, 6.1)
    assert not meter.busy()


def test_one_lost_reply_does_not_end_trust_in_a_terminal_that_answers() -> None:
    meter = LinkMeter()
    meter.acked(send(meter, 10, now=0.0), 0.01)
    send(meter, 10, now=1.0)
    meter.taken(20, 1.0)
    assert meter.overdue(9.0)
    assert not meter.busy()
    assert meter.state(9.0).source is AckSource.TERMINAL


def test_a_reply_restores_trust() -> None:
    meter = LinkMeter()
    send(meter, 10, now=0.0)
    meter.taken(10, 0.0)
    meter.overdue(5.0)
    meter.acked(meter.pinged(6.0), 6.1)
    assert meter.state(7.0).source is AckSource.TERMINAL


def test_nothing_is_overdue_while_bytes_are_still_leaving() -> None:
    meter = LinkMeter()
    send(meter, 10, now=0.0)
    assert not meter.overdue(60.0)


def test_bytes_per_second_forgets_what_is_old() -> None:
    meter = LinkMeter()
    meter.queued(4000)
    meter.taken(4000, 1.0)
    assert meter.state(2.0).bytes_per_s == pytest.approx(2000.0)
    assert meter.state(9.0).bytes_per_s == 0.0


def test_the_links_own_time_is_not_held_against_the_quality() -> None:
    meter = LinkMeter()
    meter.acked(meter.pinged(0.0), 0.4)
    for second in range(1, 20):
        slot = send(meter, 5000, now=float(second))
        meter.taken(5000, second + 0.01)
        meter.acked(slot, second + 0.41)
    assert meter.state(20.0).quality is Quality.FULL
    assert meter.state(20.0).rtt_s == pytest.approx(0.4)


def test_capacity_is_measured_from_frames_that_took_time() -> None:
    meter = LinkMeter()
    meter.acked(meter.pinged(0.0), 0.02)
    slot = send(meter, 50_000, now=1.0)
    meter.taken(50_000, 1.9)
    meter.acked(slot, 2.02)
    assert meter.state(2.1).capacity == pytest.approx(50_000)


def test_slow_frames_step_the_quality_down_to_the_last_step_and_no_further() -> None:
    ladder = QualityLadder()
    seen = [ladder.observe(0.5, now=n * 0.6) for n in range(60)]
    assert seen[-1] is Quality.ONE_HZ
    assert sorted(set(seen)) == list(Quality)


def test_a_single_slow_frame_changes_nothing() -> None:
    ladder = QualityLadder()
    for n in range(20):
        ladder.observe(0.02, n * 0.25)
    assert ladder.observe(2.0, 5.1) is Quality.FULL


def test_the_quality_comes_back_when_the_link_is_quiet() -> None:
    ladder = QualityLadder()
    slow = [ladder.observe(0.5, float(n)) for n in range(3)]
    quiet = [ladder.observe(0.005, 3 + n * 0.25) for n in range(60)]
    assert (slow[-1], quiet[-1]) == (Quality.NO_HALF_BLOCKS, Quality.FULL)


def test_a_step_up_that_failed_is_tried_again_only_after_twice_the_time() -> None:
    def until(wanted: Quality, drain_s: float, now: float) -> float:
        while ladder.observe(drain_s, now) is not wanted:
            now += 0.25
        return now

    ladder = QualityLadder()
    down = until(Quality.NO_HALF_BLOCKS, 0.5, 0.0)
    up = until(Quality.FULL, 0.005, down)
    down_again = until(Quality.NO_HALF_BLOCKS, 0.5, up)
    up_again = until(Quality.FULL, 0.005, down_again)
    assert up_again - down_again > 1.8 * (up - down)


def test_a_narrow_link_gets_256_colours_before_it_is_slow() -> None:
    meter = LinkMeter()
    meter.acked(meter.pinged(0.0), 0.02)
    slot = send(meter, 20_000, now=1.0)
    meter.taken(20_000, 1.3)
    meter.acked(slot, 1.42)
    assert meter.state(1.5).quality is Quality.PALETTE_256


def test_a_link_that_turns_out_wide_gets_its_colours_back() -> None:
    meter = LinkMeter()
    meter.acked(meter.pinged(0.0), 0.02)
    meter.acked(send(meter, 20_000, now=1.0), 1.42)
    for n in range(120):
        meter.acked(send(meter, 20_000, now=2 + n / 4), 2 + n / 4 + 0.03)
    assert meter.state(40.0).quality is Quality.FULL
