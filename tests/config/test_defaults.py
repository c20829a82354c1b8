"""The packaged ``config.toml`` and the Structs' defaults say the same."""

from __future__ import annotations

import tomllib
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from msgspec import inspect

from spymaster.config import PROFILE_NAMES, Config, default_toml_text, json_schema, load_config
from spymaster.config.checks import check_profile, key_fields
from spymaster.config.fields import LevelKindName
from spymaster.market.levels import LevelKind

VALUES = {path: field for path, field in key_fields() if not isinstance(field.type, inspect.StructType)}


def default(field: inspect.Field) -> Any:
    """The value of a key that is not set."""
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


def plain(path: str) -> Any:
    """The value in the packaged file at a key path."""
    value: Any = tomllib.loads(default_toml_text())
    for part in path.split("."):
        value = value[part]
    return value


def test_the_packaged_file_equals_the_defaults() -> None:
    assert load_config() == Config()


def test_the_packaged_file_states_every_key_with_its_default() -> None:
    defaults = {path: default(field) for path, field in VALUES.items()}
    stated = {path: plain(path) for path in VALUES}
    assert stated == {path: list(value) if isinstance(value, tuple) else value for path, value in defaults.items()}


def test_every_key_has_a_meaning_and_a_unit() -> None:
    for path, field in VALUES.items():
        assert isinstance(field.type, inspect.Metadata), path
        meaning = (field.type.extra_json_schema or {})["description"].partition(" Unit: ")[0]
        assert len(meaning.split()) >= 3, path
        assert (field.type.extra or {})["unit"], path


def test_every_number_has_a_range() -> None:
    for path, field in VALUES.items():
        assert isinstance(field.type, inspect.Metadata), path
        if isinstance(field.type.type, inspect.IntType | inspect.FloatType):
            assert field.type.type.ge is not None, path
            assert field.type.type.le is not None, path


def comments() -> dict[str, str]:
    """The comment above each key of the packaged file, in one line, by key path."""
    found: dict[str, str] = {}
    table, comment = "", ""
    for line in default_toml_text().splitlines():
        if line.startswith("["):
            table = line.strip("[]")
        elif line.startswith("# "):
            comment += " " + line.removeprefix("# ")
        elif "=" in line:
            found[f"{table}.{line.partition(' =')[0]}"] = comment.strip()
        else:
            comment = ""
        if "=" in line:
            comment = ""
    return found


def test_the_packaged_file_comments_every_key_with_its_meaning_and_unit() -> None:
    written = comments()
    for path, field in VALUES.items():
        assert isinstance(field.type, inspect.Metadata), path
        description = (field.type.extra_json_schema or {})["description"].removesuffix(" Unit: none.")
        assert written[path].startswith(description), path


def test_the_packaged_file_passes_its_own_schema() -> None:
    jsonschema.validate(tomllib.loads(default_toml_text()), json_schema())


def test_the_schema_is_a_schema_and_refuses_unknown_keys() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"profile": {"es": {"w_bariier": 1}}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"profile": {"es": {"w_barrier": 61}}}, schema)


def test_the_profiles_contradict_nothing() -> None:
    assert [check_profile(Config().profile(name)) for name in PROFILE_NAMES] == [None, None]


def test_the_kind_names_are_those_of_the_levels() -> None:
    assert get_args(LevelKindName) == tuple(kind.name for kind in LevelKind)


@pytest.mark.parametrize(
    ("key", "spy", "es"),
    [
        ("w_barrier", 10, 10),
        ("w_context", 240, 240),
        ("w_tape", 5, 60),
        ("w_fuel", 60, 60),
        ("w_wall", 300, 300),
        ("w_velocity", 3, 3),
        ("monitor_band", 0.5, 5),
        ("touch_band", 0.05, 0.5),
        ("confluence_band", 0.2, 5),
        ("strike_range", 5, 50),
        ("fuel_strike_range", 2, 75),
        ("barrier_zone_ticks", 2, 2),
        ("tape_band", 0.1, 0.5),
        ("signal_window", "09:30-16:00", "09:30-13:30"),
        ("round_step", 1, 5),
        ("round_strong_multiple", 5, 5),
        ("snap_ms", 250, 250),
        ("r_vac", 0.3, 0.3),
        ("r_wall", 1.5, 1.5),
        ("f_thresh", 100, 100),
        ("weight_barrier", 0.45, 0.45),
        ("weight_fuel", 0.35, 0.35),
        ("weight_tape", 0.2, 0.2),
        ("g0", 40, 40),
        ("threshold_break", 80, 80),
        ("threshold_reject", 20, 20),
        ("hold_break", 2.5, 2.5),
        ("hold_reject", 3, 3),
        ("reject_min_fills", 50, 50),
        ("reject_touch_ticks", 4, 4),
        ("passed_min", 20, 20),
        ("passed_share", 0.4, 0.4),
        ("value_weak", 97, 97),
        ("value_consumed", 60, 60),
        ("evidence_tau", 15, 15),
        ("odds_floor", 2, 2),
        ("confidence_floor", 0.001, 0.001),
        ("confidence_least", 0.1, 0.1),
        ("alert_group", 30, 30),
        ("exit_break", 70, 70),
        ("exit_reject", 30, 30),
        ("tau_score", 1, 1),
        ("tau_velocity", 1.5, 1.5),
        ("tau_delta_liq", 3, 3),
        ("tau_replenishment", 3, 3),
        ("tau_gamma", 5, 5),
        ("sma_warmup_days", 3, 3),
        ("sweep_max_gap_ms", 100, 100),
    ],
)
def test_the_defaults_are_the_specified_ones(key: str, spy: object, es: object) -> None:
    config = load_config()
    assert getattr(config.profile("spy"), key) == spy
    assert getattr(config.profile("es"), key) == es


def test_only_spy_watches_strikes_and_only_es_the_overnight_extremes() -> None:
    spy, es = (set(load_config().profile(name).level_kinds) for name in ("spy", "es"))
    assert spy - es == {"STRIKE"}
    assert es - spy == {"ON_HIGH", "ON_LOW"}
