"""Which file wins, and what a user is told when one of them cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from spymaster.config import Config, load_config
from spymaster.errors import UserError


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """The file of ``--config``."""
    return tmp_path / "mine.toml"


def message(path: Path | None = None, overrides: Mapping[str, str] | None = None) -> str:
    """The one line a user sees."""
    with pytest.raises(UserError) as caught:
        load_config(path, overrides=overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text


# --- precedence -------------------------------------------------------------------------------------------------------


def test_the_users_file_changes_only_what_it_names(user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("[profile.es]\nw_barrier = 12\n")
    config = load_config()
    assert config.profile("es").w_barrier == 12.0
    assert config.profile("es").w_tape == 60.0
    assert config.profile("spy").w_barrier == 10.0


def test_flags_win_over_the_given_file_and_that_over_the_users(user_file: Path, given: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("[profile.es]\nhold_break = 4\nw_barrier = 11\ng0 = 41\n")
    given.write_text("[profile.es]\nhold_break = 5\nw_barrier = 12\n")
    profile = load_config(given, overrides={"profile.es.hold_break": "6"}).profile("es")
    assert (profile.hold_break, profile.w_barrier, profile.g0) == (6.0, 12.0, 41.0)


def test_a_flag_may_be_a_bare_word_or_a_toml_value() -> None:
    config = load_config(overrides={"ui.theme": "light", "live.on_hangup": '"stop"', "live.autostart": "true"})
    assert (config.ui.theme, config.live.on_hangup, config.live.autostart) == ("light", "stop", True)


def test_a_list_replaces_the_list_below_it() -> None:
    profile = load_config(overrides={"profile.es.level_kinds": '["USER", "VWAP"]'}).profile("es")
    assert profile.level_kinds == ("USER", "VWAP")


def test_without_any_file_the_defaults_hold(user_file: Path) -> None:
    assert not user_file.exists()
    assert load_config() == Config()


def test_a_file_with_a_byte_order_mark_is_read(given: Path) -> None:
    given.write_bytes(b"\xef\xbb\xbf[ui]\ntheme = 'light'\n")
    assert load_config(given).ui.theme == "light"


# --- unknown keys -----------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_key(given: Path) -> None:
    given.write_text("[profile.es]\nw_bariier = 10\n")
    assert message(given) == (f"{given}: profile.es.w_bariier: is not a known key; did you mean profile.es.w_barrier?")


def test_a_fault_in_the_users_own_file_names_that_file(user_file: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("[ui]\nthme = 'dark'\n")
    assert message() == f"{user_file}: ui.thme: is not a known key; did you mean ui.theme?"


def test_a_fault_in_a_flag_is_told_as_such() -> None:
    assert message(overrides={"ui.thme": "dark"}) == "command line: ui.thme: is not a known key; did you mean ui.theme?"


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_key_that_older_files_have_says_what_to_write_in_its_place(given: Path, value: str) -> None:
    given.write_text(f"[scoring]\nshow = {value}\n")
    assert message(given) == (
        f"{given}: scoring.show: is no key any more: on a real market a model is shown once it has a record there; "
        'write mode = "screen" in its place, or "shadow" or "off"'
    )


def test_a_key_in_the_wrong_table_is_found_elsewhere(given: Path) -> None:
    given.write_text("on_hangup = 'stop'\n")
    assert message(given).endswith("on_hangup: is not a known key; did you mean live.on_hangup?")


def test_an_unknown_table_lists_the_tables(given: Path) -> None:
    given.write_text("[profile.nq]\nhold = 1\n")
    assert message(given).endswith("profile.nq: is not a known key; [profile] has es, spy")


def test_the_ratio_of_the_es_profile_is_one_and_no_key() -> None:
    assert "profile.es.ratio_default: is not a known key" in message(overrides={"profile.es.ratio_default": "10"})


def test_an_unknown_profile_lists_the_valid_ones() -> None:
    with pytest.raises(UserError, match=r'^profile "nq": there is no such profile; choose from spy, es$'):
        load_config().profile("nq")


# --- wrong values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["true", "0.9", "61", '"10"', "nan", "inf", "-10", "[10]", "{}", "2024-01-05"])
def test_a_value_of_another_type_or_out_of_range_is_refused_with_the_range(given: Path, value: str) -> None:
    given.write_text(f"[profile.es]\nw_barrier = {value}\n")
    text = message(given)
    assert text.startswith(f"{given}: profile.es.w_barrier: cannot be ")
    assert text.endswith("; it must be a number from 1 to 60 (s)")


def test_true_is_not_one() -> None:
    expected = (
        "command line: profile.es.barrier_zone_ticks: cannot be true; it must be a whole number from 0 to 8 (ES ticks)"
    )
    assert message(overrides={"profile.es.barrier_zone_ticks": "true"}) == expected


def test_one_is_not_true() -> None:
    assert (
        message(overrides={"live.autostart": "1"})
        == "command line: live.autostart: cannot be 1; it must be true or false"
    )


def test_a_word_out_of_the_list_is_refused_with_the_list() -> None:
    expected = 'command line: live.on_hangup: cannot be "die"; it must be one of "continue", "stop"'
    assert message(overrides={"live.on_hangup": "die"}) == expected


@pytest.mark.parametrize("snap", ["1", "200", "250.0", '"250"'])
def test_snaps_are_100_or_250_ms(snap: str) -> None:
    assert "it must be one of 100, 250" in message(overrides={"profile.spy.snap_ms": snap})


def test_an_unknown_kind_of_level_is_refused_with_the_kinds() -> None:
    text = message(overrides={"profile.es.level_kinds": '["STRIKES"]'})
    assert "it must be a list of names out of CALL_WALL, " in text
    assert 'level_kinds: cannot be ["STRIKES"]; ' in text


@pytest.mark.parametrize("window", ["9:30-16:00", "09:30", "09:30-24:00", "0930-1600", ""])
def test_a_signal_window_of_another_form_is_refused(window: str) -> None:
    text = message(overrides={"profile.es.signal_window": f'"{window}"'})
    assert 'it must be a span of the day such as "09:30-16:00"' in text


@pytest.mark.parametrize("opens", ["09:30", "12:00", "17:59", "4:00", "24:00", "04:00:00"])
def test_a_premarket_that_begins_in_the_day_or_is_no_time_is_refused(opens: str) -> None:
    text = message(overrides={"profile.spy.premarket_open": f'"{opens}"'})
    assert "premarket_open" in text
    assert 'a time before 09:30, or from 18:00 on of the evening before, such as "04:00"' in text


@pytest.mark.parametrize("opens", ["00:00", "04:00", "07:00", "09:29", "18:00", "21:00"])
def test_a_premarket_may_begin_in_the_morning_or_the_evening_before(opens: str) -> None:
    config = load_config(overrides={"profile.spy.premarket_open": f'"{opens}"'})
    assert config.profile("spy").premarket_open == opens


@pytest.mark.parametrize("url", ["localhost", "http://host:4222", "nats://user:hunter2@host:4222", "nats://a b"])
def test_only_an_address_without_credentials_is_taken_for_nats_and_none_is_shown(url: str) -> None:
    text = message(overrides={"nats.url": url})
    assert 'it must be empty, "embedded", or nats://HOST:PORT without a user name or a password' in text
    assert "hunter2" not in text


def test_a_value_where_a_table_belongs_is_refused(given: Path) -> None:
    given.write_text("profile = 3\n")
    assert message(given) == f"{given}: profile: is a table, not a value; write [profile]"


# --- values that contradict each other --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        (
            "exit_break",
            "80",
            "exit_break: 80 is not below profile.es.threshold_break (80); keep it below profile.es.threshold_break",
        ),
        (
            "exit_reject",
            "10",
            "threshold_reject: 20 is above profile.es.exit_reject (10); keep it below profile.es.exit_reject",
        ),
        (
            "exit_reject",
            "75",
            "exit_reject: 75 is above profile.es.exit_break (70); keep it below profile.es.exit_break",
        ),
        (
            "contested_low",
            "71",
            "contested_low: 71 is above profile.es.contested_high (70); keep it below profile.es.contested_high",
        ),
        ("r_vac", "1", None),
        (
            "confidence_medium",
            "0.8",
            "confidence_medium: 0.8 is above profile.es.confidence_high (0.7); "
            "keep it below profile.es.confidence_high",
        ),
        (
            "touch_band",
            "5",
            "touch_band: 5 is not below profile.es.monitor_band (5); keep it below profile.es.monitor_band",
        ),
        ("w_barrier_min", "10", None),
        (
            "w_barrier_min",
            "11",
            "w_barrier_min: 11 is above profile.es.w_barrier (10); keep it at or below profile.es.w_barrier",
        ),
        ("w_context", "10", None),
        ("w_tape", "10.1", "w_tape: 10.1 s is not a whole number of snaps; choose a multiple of 250 ms"),
        ("w_tape", "10.25", None),
        (
            "signal_window",
            '"16:00-09:30"',
            "signal_window: 16:00-09:30 ends before it starts; write the earlier time first",
        ),
    ],
)
def test_contradictions_are_told_with_both_values(key: str, value: str, complaint: str | None) -> None:
    overrides = {f"profile.es.{key}": value}
    if complaint is None:
        assert load_config(overrides=overrides) != Config()
    else:
        assert message(overrides=overrides) == f"command line: profile.es.{complaint}"


def test_a_contradiction_names_the_last_file_that_set_one_of_the_values(user_file: Path, given: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("[profile.es]\nexit_break = 60\n")
    given.write_text("[profile.es]\nthreshold_break = 55\n")
    assert message(given, {"profile.es.g0": "41"}).startswith(f"{given}: profile.es.exit_break: 60 is above")


def test_two_files_may_agree_where_one_alone_would_not(user_file: Path, given: Path) -> None:
    user_file.parent.mkdir()
    user_file.write_text("[profile.es]\nexit_break = 85\n")
    given.write_text("[profile.es]\nthreshold_break = 90\n")
    assert load_config(given).profile("es").exit_break == 85.0


def test_all_weights_zero_is_refused() -> None:
    keys = ("barrier", "fuel", "tape")
    assert "all are 0; give at least one a weight above 0" in message(
        overrides={f"profile.spy.weight_{key}": "0" for key in keys}
    )


# --- files that cannot be read ----------------------------------------------------------------------------------------


def test_a_given_file_must_exist(given: Path) -> None:
    assert message(given) == f"{given}: no such file; check the path behind --config"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path}: cannot be read (Is a directory); check the path and its permissions"


def test_a_fault_of_syntax_is_told_with_its_line(given: Path) -> None:
    given.write_text("[profile.es]\nw_barrier 10\n")
    text = message(given)
    assert text.startswith(f"{given}: is not valid TOML (")
    assert "line 2" in text


def test_bytes_that_are_no_text_are_told(given: Path) -> None:
    given.write_bytes(b"[ui]\ntheme = '\xff'\n")
    assert message(given) == f"{given}: is not UTF-8 text (byte 14); save it as UTF-8"


def test_endless_nesting_is_no_crash(given: Path) -> None:
    given.write_text("a = " + "[" * 100_000)
    assert message(given).startswith(f"{given}: is not valid TOML (")


def test_a_flag_and_a_table_above_it_cannot_both_be_set() -> None:
    assert "a table above it" in message(overrides={"ui": "dark", "ui.theme": "dark"})
