"""Header, alerts, tape, cards, time bar and footer."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import msgspec
import pytest

from spymaster.signals.frame import (
    AlertMark,
    AlertView,
    Frame,
    InputTrust,
    Mode,
    Phase,
    RecordingLight,
    ReplayStatus,
)
from spymaster.signals.header_parts import DayPrices, Usual
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Row, text_of
from spymaster.view.edges.alerts import AlertLook, alert_rows
from spymaster.view.edges.footer import footer_row
from spymaster.view.edges.header import left_row, right_row
from spymaster.view.edges.usual import rule_row
from spymaster.view.levels.items import level_items, level_text
from spymaster.view.state import QUALITY_SENTENCES, Attached, Card, Quality, ScreenStats
from tests.support import frames
from tests.support.heat_scene import T0
from tests.support.screens import projected, view_state

S = 1_000_000_000


def panels_of(frame: Frame | None, width: int = 120, height: int = 40, **changes: Any) -> Panels:
    return projected(frame, width, height, **changes)[1]


def lines(rows: tuple[Row, ...]) -> list[str]:
    return [text_of(row).rstrip() for row in rows]


def inks(row: Row) -> dict[str, str]:
    return {text.strip(): name for text, name in row if text.strip()}


@pytest.mark.parametrize(
    ("changes", "ground", "word"),
    [
        ({}, "raised", "● LIVE"),
        ({"mode": Mode.REPLAY, "speed": 2.0}, "replay_band", "REPLAY 2×"),
        ({"mode": Mode.REPLAY, "speed": 0.25}, "replay_band", "REPLAY 0.25×"),
        ({"mode": Mode.REPLAY, "phase": Phase.PAUSED}, "replay_band", "REPLAY paused"),
        ({"mode": Mode.REPLAY, "simulated": True, "speed": float("inf")}, "simulated_band", "SIMULATED max"),
    ],
)
def test_the_first_row_says_whose_clock_it_is(changes: dict[str, object], ground: str, word: str) -> None:
    row = panels_of(frames.frame(header=frames.header(**changes)))["header_left"][0]
    assert word in text_of(row)
    assert row[0][1].endswith("/" + ground)


@pytest.mark.parametrize(
    ("ms", "text", "style"),
    [(41.0, "41 ms", "text"), (251.0, "251 ms", "degraded*"), (1001.0, "1.0 s", "blind*"), (None, "—", "text")],
)
def test_the_screen_age_turns_amber_and_red(ms: float | None, text: str, style: str) -> None:
    row = panels_of(frames.frame(), stats=ScreenStats(screen_age_ms=ms))["header_right"][0]
    assert inks(row)[text] == f"{style}/raised"


def recording_row(light: RecordingLight) -> Row:
    return right_row(frames.frame(header=frames.header(recording=light)), view_state(200, 60), 80)


def test_a_recorder_that_failed_is_said_loudly_with_its_reason() -> None:
    row = recording_row(RecordingLight(fault="no space left on device"))
    assert inks(row)["NOT RECORDING"] == "blind*/raised"
    assert "NOT RECORDING no space left on device" in text_of(row)


def test_a_recording_says_how_much_was_written() -> None:
    assert "● REC 61 MB" in text_of(recording_row(RecordingLight(is_on=True, written_bytes=61_000_000)))


def test_a_lake_that_lags_is_said_beside_the_recording() -> None:
    assert "lake behind" in text_of(recording_row(RecordingLight(is_on=True, lake_lag_s=12.0)))


def test_a_live_session_that_records_nothing_says_so() -> None:
    assert "not recording" in text_of(recording_row(RecordingLight()))


def test_the_quality_step_stands_beside_the_screen_age() -> None:
    assert "256" in text_of(panels_of(frames.frame(), quality=Quality.PALETTE_256)["header_right"][0])


def test_an_attached_screen_names_the_host() -> None:
    row = panels_of(frames.frame(), stats=ScreenStats(attached=Attached("box-7", 0.1)))["header_left"][0]
    assert "ATTACHED box-7" in text_of(row)


def test_an_attached_screen_says_how_old_what_it_shows_is() -> None:
    for age_s, text, style in ((0.13, "0.1 s", "text"), (4.2, "4.2 s", "degraded*")):
        row = panels_of(frames.frame(), stats=ScreenStats(attached=Attached("box-7", age_s)))["header_right"][0]
        assert f"age {text}" in text_of(row)
        assert [name.split("/")[0] for part, name in row if text in part] == [style]


def test_a_session_that_cannot_be_reached_is_said_with_the_time_since() -> None:
    stats = ScreenStats(attached=Attached("box-7", 12.0, "no answer in time"))
    assert "LOST 12.0 s" in text_of(panels_of(frames.frame(), stats=stats)["header_left"][0])
    card = " ".join(lines(panels_of(frames.frame(), stats=stats)["card"]))
    assert "NO CONNECTION" in card
    assert "box-7" in card
    assert "no answer in time" in card
    brief = ScreenStats(attached=Attached("box-7", 1.0, "no answer in time"))
    assert panels_of(frames.frame(), stats=brief).get("card", ()) == ()


@pytest.mark.parametrize("lost", ["", "no answer in time"])
def test_a_simulated_session_elsewhere_is_still_called_simulated(lost: str) -> None:
    stats = ScreenStats(attached=Attached("box-7", 12.0, lost))
    row = text_of(panels_of(frames.frame(header=frames.header(simulated=True)), stats=stats)["header_left"][0])
    assert "SIMULATED 1× " in row
    assert ("LOST 12.0 s" if lost else "ATTACHED") in row


@pytest.mark.parametrize(("state", "glyph"), [("GREEN", "●"), ("DEGRADED", "!"), ("BLIND", "✕"), ("ABSENT", "·")])
def test_a_light_has_a_shape_and_a_reason(state: str, glyph: str) -> None:
    trust = (InputTrust("depth", state, "classified 61 %", 1_000_000),)
    text = text_of(panels_of(frames.frame(trust=trust))["trust_left"][0])
    assert text.startswith(f"{glyph} DEPTH")
    assert ("classified 61 %" in text) == (state != "GREEN")


def test_alerts_that_are_on_come_first_with_their_reason() -> None:
    rows = lines(panels_of(frames.frame(), 200, 60)["alerts"])
    assert rows[0].split() == ["ALERTS", "2", "active"]
    assert rows[1].startswith("▎11:02:48 ▶ BREAK ↓  687 STRIKE")
    assert "sell sweep 318" in rows[2]
    assert "CONTEST" in rows[5]


@pytest.mark.parametrize(("level", "said"), [("USER_6873.75", "6873.75"), ("ROUND_6875", "6875"), ("VWAP", "VWAP")])
def test_a_narrow_alert_says_of_a_level_what_tells_it_from_others(level: str, said: str) -> None:
    price = float(said) if said[0].isdigit() else 6873.75
    known = {"level_id": level, "price": price, "score": 37.0, "peak_score": 44.0}
    alert = msgspec.structs.replace(replace_time(T0), **known)
    look = AlertLook(T0, frozenset(), None, muted=True, glyphs="unicode")
    row = lines(alert_rows([alert], look, 36, 2))[1]
    assert row[21:].split() == [said, "37→44"]


def test_an_acknowledged_alert_loses_its_mark() -> None:
    rows = lines(panels_of(frames.frame(), acked=frozenset({"a0"}))["alerts"])
    assert rows[1].startswith(" 11:02:48")
    assert rows[2].startswith("▎11:02:31")


def test_a_new_alert_is_inverse_for_two_seconds() -> None:
    alert = replace_time(T0 - 1_000_000_000)
    fresh = panels_of(frames.frame(alerts=(alert,)))["alerts"][1]
    assert {name.partition("/")[2] for _, name in fresh} == {"break"}
    later = panels_of(frames.frame(alerts=(replace_time(T0 - 2_500_000_000),)))["alerts"][1]
    assert not any(name.endswith("/break") for _, name in later)


def replace_time(t_ns: int) -> AlertView:

    return msgspec.structs.replace(frames.alerts()[0], t_ns=t_ns)


def test_no_alert_yet_is_said() -> None:
    rows = lines(panels_of(frames.frame(alerts=()))["alerts"])
    assert rows[1].strip() == "waiting for a signal"


def test_the_tape_leaves_small_orders_out() -> None:
    orders = frames.orders()
    rows = lines(panels_of(frames.frame(), 200, 60)["tape"])[1:]
    large = [int(size) for size in orders["size"][::-1] if size >= 15][: len(rows)]
    assert [int(row.split()[3]) for row in rows] == large


def test_an_order_through_many_prices_is_a_sweep() -> None:
    rows = lines(panels_of(frames.frame(), 200, 60)["tape"])
    assert any(row.endswith("sweep") and "318" in row for row in rows)
    assert any(row.endswith("3 lvl") for row in rows)


def test_blind_shows_a_card_with_the_reason() -> None:
    card = "\n".join(lines(panels_of(frames.blind_frame())["card"]))
    assert "✕ BLIND  depth and tape" in card
    assert "No ES record for 4.2 s: no signal is given." in card
    assert "closed by peer" in card


def test_a_card_leaves_the_ladder_readable() -> None:
    layout, panels = projected(frames.blind_frame(), 120, 40)
    assert len(text_of(panels["card"][0])) < layout.rects["ladder_head"].x


def test_an_error_card_says_what_why_and_what_to_do() -> None:
    frame = frames.empty_frame(Phase.FAILED, "x.dbn.zst cannot be read; it ends inside a record; copy it again")
    card = lines(panels_of(frame)["card"])
    assert [line.strip("▎ ") for line in card[1:4]] == [
        "x.dbn.zst cannot be read",
        "it ends inside a record",
        "copy it again",
    ]


def test_compiling_shows_how_far_it_is() -> None:
    assert any("40 %" in line for line in lines(panels_of(frames.empty_frame(progress=0.4))["card"]))


def test_an_own_card_goes_before_others() -> None:
    card = lines(panels_of(frames.blind_frame(), card=Card("error", "Theme not found"))["card"])
    assert "Theme not found" in "".join(card)


def test_a_healthy_session_has_no_card() -> None:
    assert "card" not in panels_of(frames.frame())


def test_the_time_bar_shows_place_range_and_alerts() -> None:
    row = text_of(panels_of(frames.replay_frame(), time_bar=True)["time_bar"][0])
    assert row.startswith(" ▶ 2×  11:02:51.250")
    assert row.rstrip().endswith("39 %")
    assert "█" in row
    assert "╳" in row
    assert row.index("━") < row.index("█") < row.rindex("─")


def test_seeking_covers_the_track() -> None:
    status = ReplayStatus(seeking_ns=T0 - 600 * S, seek_progress=0.5, checkpoint_ns=T0 - 771 * S)
    text = bar_of(status, Phase.SEEKING)
    assert "seeking 10:52:51" in text
    assert "checkpoint 10:50:00" in text
    assert "█" not in text


def test_a_search_says_what_is_looked_for() -> None:
    assert "seeking the next alert" in bar_of(ReplayStatus(seeking="the next alert"), Phase.SEEKING)


def bar_of(status: ReplayStatus, phase: Phase = Phase.PLAYING) -> str:
    from spymaster.view.edges.time_bar import time_bar_row

    frame = dataclasses.replace(frames.replay_frame(phase=phase), replay=status)
    return text_of(time_bar_row(frame, 120, "unicode"))


def test_the_header_says_that_a_replay_is_on_its_way() -> None:
    header = "".join(lines(panels_of(frames.replay_frame(phase=Phase.SEEKING))["header_left"]))
    assert "REPLAY seeking" in header


def test_a_loop_stands_in_brackets() -> None:
    text = bar_of(ReplayStatus(loop_ns=(T0 - 1_200 * S, T0 + 1_200 * S)))
    assert text.index("[") < text.index("]")


def test_a_loop_begun_has_one_bracket() -> None:
    text = bar_of(ReplayStatus(loop_ns=(T0 - 1_200 * S, None)))
    assert "[" in text
    assert "]" not in text


def test_alerts_known_ahead_stand_behind_the_place() -> None:
    text = bar_of(ReplayStatus(alerts=(AlertMark(T0 + 1_200 * S, "a", "VWAP", "BREAK"),)))
    assert text.index("█") < text.rindex("▶")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_help_always_fits_the_footer_and_no_pair_is_cut(width: int) -> None:
    text = text_of(footer_row((("Enter", "level"), ("n/N", "alert"), ("Ctrl+P", "palette")) * 4, width))
    assert "? help" in text
    assert text.count("Enter") == text.count("Enter level")


def test_the_footer_says_that_nothing_is_promised() -> None:
    assert "predictive value: not measured" in text_of(panels_of(frames.frame(), 200, 60)["footer"][0])


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("scene", [frames.frame(), frames.replay_frame()], ids=["live", "replay"])
def test_the_sentence_about_the_nearest_level_stands_at_every_size(scene: Frame, width: int, height: int) -> None:
    row = panels_of(scene, width, height)["note"][0]
    nearest = level_items(scene)[0]
    assert inks(row)[level_text(nearest.id, nearest.price, 40 if width >= 100 else 0)] == "bright*"
    assert "pulled" in text_of(row)


def test_the_sentence_is_about_the_level_that_is_picked() -> None:
    text = text_of(panels_of(frames.frame(), 120, 40, picked="VWAP")["note"][0])
    assert "VWAP" in text


def test_a_blind_screen_says_which_input_withholds_the_scores() -> None:
    text = text_of(panels_of(frames.blind_frame(), 120, 40)["note"][0])
    assert "no score: depth" in text


def test_four_lines_remain_in_a_tiny_terminal() -> None:
    rows = lines(panels_of(frames.frame(), 30, 8)["tiny"])
    assert [row.split()[0] for row in rows] == ["SPY", "687.00", "84", "D●"]


def tape_of(*sizes: int) -> tuple[Row, ...]:
    orders = frames.orders()[-len(sizes) :].copy()
    orders["size"], orders["levels"] = sizes[::-1], 1
    return panels_of(frames.frame(orders=orders), 200, 60)["tape"][1:]


def test_large_orders_are_bold_and_have_a_larger_mark() -> None:
    rows = tape_of(20, 200, 60)
    assert ["▲" in row or "▼" in row for row in lines(rows)][:3] == [False, True, False]
    assert any(name.endswith("*") for text, name in rows[1] if "200" in text)


def test_nothing_is_large_among_small_orders() -> None:
    assert not any("▲" in row or "▼" in row for row in lines(tape_of(30, 18, 16)))


def test_an_order_through_several_prices_says_how_far_it_went() -> None:
    rows = lines(panels_of(frames.frame(), 200, 60)["tape"])
    assert any(row.endswith("↓1.25 sweep") for row in rows)
    assert any(row.endswith("↓0.50 3 lvl") for row in rows)


@pytest.mark.parametrize("width", [38, 50, 80])
def test_an_alert_shows_the_score_it_was_raised_with_and_the_furthest_since(width: int) -> None:
    rows = alert_rows(frames.alerts(), AlertLook(T0, frozenset(), None, False, "unicode"), width, 16)
    text = "\n".join(text_of(row) for row in rows)
    assert "84→91" in text
    assert "17→12" in text
    assert "81 " in text or "81\n" in text, "one that went no further shows one number"


def test_an_alert_with_both_scores_still_says_what_it_is_of() -> None:
    rows = alert_rows(frames.alerts(), AlertLook(T0, frozenset(), None, False, "unicode"), 38, 16)
    assert sum("VWAP" in text_of(row) for row in rows) == 3


def became(width: int, **changes: Any) -> str:
    """The row of a BREAK upwards that ended, as wide as that."""
    alert = msgspec.structs.replace(
        frames.alerts()[6], direction=1, score=84.0, peak_score=84.0, resolved_ns=T0, **changes
    )
    return lines(alert_rows((alert,), AlertLook(T0, frozenset(), None, False, "unicode"), width, 2))[1]


@pytest.mark.parametrize(
    ("changes", "wide", "narrow"),
    [
        ({"went": 1, "went_s": 12.4, "above": 1.0, "above_s": 30}, "right ↑ in 12 s", "84→↑12s"),
        ({"went": -1, "went_s": 31.0}, "wrong ↓ in 31 s", "84→↓31s"),
        ({"above": -0.62, "above_s": 120}, "↓0.6 at 120 s", "84→↓0.6"),
        ({"signal": "CONTESTED", "went": 1, "went_s": 9.0}, "then ↑ in 9 s", "84→↑9s"),
    ],
)
def test_an_alert_that_ended_says_what_became_of_it(changes: dict[str, Any], wide: str, narrow: str) -> None:
    assert became(62, **changes).endswith(wide)
    assert became(37, **changes).endswith(narrow)


def test_rows_that_are_left_over_tell_why() -> None:
    few = frames.alerts()[4:6]
    rows = lines(alert_rows(few, AlertLook(T0, frozenset(), None, False, "unicode"), 37, 5))
    assert rows[2].strip() == "resolved after 48 s"
    assert rows[4].strip() == "stacked +890 under it"
    packed = lines(alert_rows(few, AlertLook(T0, frozenset(), None, False, "unicode"), 37, 3))
    assert "resolved" not in "".join(packed)


def test_the_focus_tells_what_became_of_the_levels_last_signal() -> None:
    nearest = level_items(frames.frame())[0]
    alert = msgspec.structs.replace(
        frames.alerts()[6], level_id=nearest.id, direction=-1, went=-1, went_s=7.0, resolved_ns=T0
    )
    rows = lines(panels_of(frames.frame(alerts=(alert,)), 200, 60, side="focus")["side"])
    assert any(row.startswith("LAST") and row.endswith("right ↓ in 7 s") for row in rows)
    rows = lines(panels_of(frames.frame(alerts=()), 200, 60, side="focus")["side"])
    assert any(row.startswith("LAST") and row.endswith("no outcome yet") for row in rows)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (DayPrices(open=684.1, high=688.25, low=683.5, prior_close=685.0, whole=True), "on close   "),
        (DayPrices(open=684.1, high=688.25, low=683.5, prior_close=685.0, whole=True), "O 684.10  H 688.25  L 683.50"),
        (DayPrices(high=688.25, low=683.5), "seen H 688.25  L 683.50"),
        (DayPrices(), "since 09:"),
        (DayPrices(high=688.25, low=683.5, settlement=6871.5), "L 683.50  settle 6871.50"),
        (DayPrices(settlement=6871.5), "on settle"),
        (DayPrices(prior_close=685.0, settlement=6871.5), "on close"),
    ],
)
def test_the_net_change_says_since_when_and_the_day_its_range(day: DayPrices, said: str) -> None:
    header = frames.header(day=day, first_ns=T0 - 5400 * S)
    assert said in text_of(panels_of(frames.frame(header=header), 200, 60)["header_left"][0])


def test_the_net_change_of_a_future_counts_from_its_settlement() -> None:
    header = frames.header(
        profile="es", es_last=6870.25, spot=6870.25, day=DayPrices(prior_close=6860.0, settlement=6868.0)
    )
    assert "2.25 on settle" in text_of(panels_of(frames.frame(header=header), 120, 40)["header_left"][0])


def test_the_tape_says_its_pace_and_who_was_the_stronger() -> None:
    title = lines(panels_of(frames.frame(header=frames.header(cvd=-1240)), 200, 60)["tape"])[0]
    assert title.startswith("TAPE ≥15 ")
    assert "/s delta 1m " in title
    assert title.endswith("day −1240")


def test_the_footer_says_what_is_drawn_less_finely_on_a_slow_link() -> None:
    keys = (("Enter", "level"), ("n/N", "alert"), ("Ctrl+P", "palette"))
    for quality in list(Quality)[1:]:
        text = text_of(footer_row(keys, 120, quality=quality))
        assert QUALITY_SENTENCES[quality] in text
        assert "? help" in text
    assert "slow link" not in text_of(footer_row(keys, 120, quality=Quality.FULL))


def test_an_age_that_tmux_vouches_for_is_called_so() -> None:
    stats = ScreenStats(screen_age_ms=24.0, by_tmux=True)
    state = dataclasses.replace(view_state(200, 60), stats=stats)
    own = dataclasses.replace(state, stats=dataclasses.replace(stats, by_tmux=False))
    assert "tmux 24 ms" in text_of(right_row(frames.frame(), state, 80))
    assert "screen 24 ms" in text_of(right_row(frames.frame(), own, 80))


@pytest.mark.parametrize("profile", ["spy", "es"])
def test_forty_columns_hold_the_price_and_the_mode(profile: str) -> None:
    frame = frames.replay_frame(simulated=True)
    header = msgspec.structs.replace(frame.header, profile=profile)
    text = text_of(left_row(dataclasses.replace(frame, header=header), view_state(40, 12), 24))
    assert "SIM" in text
    assert re.search(r"(SPY|ES) \d", text)


@pytest.mark.parametrize(
    ("usual", "told"),
    [
        (None, ""),
        (Usual(0, 1.0, 0.5), ""),
        (Usual(5), ""),
        (Usual(5, 1.34), "volume 1.3× usual   5 of 7 days"),
        (Usual(7, 0.82, 0.725), "volume 0.8× usual   book above 72 %   7 of 7 days"),
    ],
)
def test_the_rule_tells_what_today_is_beside_the_days_before(usual: Usual | None, told: str) -> None:
    text = text_of(panels_of(frames.frame(), 120, 40, stats=ScreenStats(usual=usual))["rule"][0])
    assert text.strip("─ ") == told
    assert len(text) == 118


def test_a_narrow_rule_is_a_rule() -> None:
    text = text_of(rule_row(90, Usual(7, 0.82, 0.725), "unicode"))
    assert text == "─" * 90
