"""The JSON Schemas say what is sent, and refuse what never is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from spymaster.market.rows import AlertEvent
from spymaster.signals.alert_structs import ALERTS_VERSION
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.schema import alerts_schema, signals_schema
from spymaster.signals.structs import SIGNALS_VERSION, ProfileName
from tests.support.blocks import TestBlock, alert, block, level, unseen

SWEEP = {"sweep_direction": 1.0, "sweep_volume": 9.0, "sweep_notional": 2e6, "sweep_prints": 4.0, "sweep_levels": 2.0}
SWEEP |= {"sweep_age_s": 0.25}


def signals(made: TestBlock, profile: ProfileName = "es") -> list[Any]:
    encoder = SignalEncoder(profile)
    return [json.loads(encoder.json(message)) for message in encoder.signals(made)]


def faults(schema: dict[str, Any], message: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(message)]


@pytest.mark.parametrize("schema", [signals_schema, alerts_schema])
def test_the_schemas_are_json_schemas(schema: Callable[[], dict[str, Any]]) -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("profile", ["es", "spy"])
def test_what_is_sent_is_what_the_schema_says(profile: ProfileName) -> None:
    for message in signals(block([level(), unseen(price=4810.0)], [level(**SWEEP, tags=3.0)], []), profile):
        assert faults(signals_schema(), message) == []


@pytest.mark.parametrize("event", list(AlertEvent))
def test_alerts_are_what_the_schema_says(event: AlertEvent) -> None:
    encoder = SignalEncoder("es")
    for message in encoder.alerts(block([level()], alerts=[alert(event=event), alert(event=event, reason=6)])):
        assert faults(alerts_schema(), json.loads(encoder.json(message))) == []


def test_a_field_that_always_has_a_value_may_not_be_null() -> None:
    (message,) = signals(block([level()]))
    message["levels"][0]["distance"] = None
    assert faults(signals_schema(), message) != []


def test_a_field_that_may_be_absent_is_still_always_there() -> None:
    (message,) = signals(block([level()]))
    assert message["levels"][0].pop("fuel") is None
    assert faults(signals_schema(), message) == ["'fuel' is a required property"]


@pytest.mark.parametrize("present", [(), ("es", "spy")])
def test_exactly_one_profile_s_quote_must_be_there(present: tuple[str, ...]) -> None:
    (message,) = signals(block([level()]))
    quote = message.pop("es")
    assert faults(signals_schema(), message | dict.fromkeys(present, quote)) != []


def test_a_word_nobody_sends_is_refused() -> None:
    (message,) = signals(block([level()]))
    message["levels"][0]["signal"] = "BOUNCE"
    assert faults(signals_schema(), message) != []


def test_messages_carry_the_version_of_their_layout_and_the_schema_insists_on_it() -> None:
    (message,) = signals(block([level()]))
    assert message["version"] == SIGNALS_VERSION
    assert faults(signals_schema(), message | {"version": SIGNALS_VERSION + 1}) != []
    encoder = SignalEncoder("es")
    sent = json.loads(encoder.json(encoder.alerts(block([level()], alerts=[alert()]))[0]))
    assert sent["version"] == ALERTS_VERSION
