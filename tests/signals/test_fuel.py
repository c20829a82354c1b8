"""What is said of the fuel: the part of a level's message, the sentence, market.flow and its export."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest

from spymaster.market.option_rows import STRIKE_FIELDS, FuelEffect, WallSign
from spymaster.signals.blocks import UnpublishableValueError
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.flow.encode import FlowColumns, FlowEncoder
from spymaster.signals.notes import level_note
from spymaster.signals.schema import flow_schema, signals_schema
from tests.support.blocks import T0_NS, TestBlock, block, level, parts
from tests.support.option_blocks import with_options

FUELLED = {
    "hedge": -38.4, "hedge_low": -61.0, "hedge_high": -15.8, "fuel_effect": FuelEffect.AMPLIFY,
    "fuel_confidence": 0.41, "gamma_velocity": -3.5, "net_dealer_gamma": -12_000.0, "convention_dependent": 0.0,
    "call_wall": 4820.0, "call_wall_sign": WallSign.PIN, "put_wall": math.nan, "put_wall_sign": WallSign.NONE,
    "gamma_flip": 4809.25,
}  # fmt: skip


def sent(**columns: float) -> dict[str, Any]:
    encoder = SignalEncoder("es")
    message = json.loads(encoder.json(encoder.signals(block([level(**columns)]))[0]))
    jsonschema.validate(message, signals_schema())
    found: dict[str, Any] = message["levels"][0]
    return found


def test_a_level_s_fuel_is_told_with_its_band_walls_and_flip() -> None:
    assert sent(**FUELLED)["fuel"] == {
        "effect": "AMPLIFY", "hedge_contracts_per_point": -38.4, "band": [-61.0, -15.8], "confidence": 0.41,
        "gamma_velocity": -3.5, "net_dealer_gamma": -12_000.0, "call_wall": 4820.0, "call_wall_sign": "PIN",
        "put_wall": None, "put_wall_sign": None, "gamma_flip": 4809.25, "convention_dependent": False,
    }  # fmt: skip


def test_without_options_there_is_no_fuel() -> None:
    assert sent()["fuel"] is None


@pytest.mark.parametrize("column", ["hedge_low", "hedge_high", "fuel_effect", "fuel_confidence"])
def test_a_known_exposure_lacks_nothing(column: str) -> None:
    with pytest.raises(UnpublishableValueError, match=column):
        sent(**(FUELLED | {column: math.nan}))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "dealers short gamma push a move on by 38 a point"),
        ({"hedge": 22.0, "fuel_effect": FuelEffect.DAMPEN}, "dealers long gamma lean against a move by 22 a point"),
        ({"convention_dependent": 1.0}, "dealers short gamma push a move on by 38 a point, by signed trades alone"),
    ],
)
def test_the_sentence_says_what_dealers_do(columns: dict[str, float], words: str) -> None:
    assert level_note(level(**(FUELLED | columns))).endswith(f"; {words}")


def test_the_sentence_is_silent_about_a_neutral_fuel() -> None:
    assert "dealers" not in level_note(level(**(FUELLED | {"fuel_effect": FuelEffect.NEUTRAL})))


def flow_of(made: TestBlock) -> list[dict[str, Any]]:
    encoder = FlowEncoder("es")
    messages = [json.loads(encoder.json(message)) for message in encoder.messages(made)]
    for message in messages:
        jsonschema.validate(message, flow_schema())
    return messages


def test_market_flow_tells_every_strike() -> None:
    message = flow_of(with_options(((3.0, 0.0), (0.0, 9.0))))[0]
    assert (message["ts_event_ns"], message["contracts"], message["expiry"]) == (T0_NS, 4, 1_704_488_400_000)
    assert message["exposure"]["band"] == [-61.0, -15.8]
    assert (message["call_wall"], message["call_wall_sign"], message["put_wall"]) == (4810.0, "SLIP", None)
    assert [(s["strike"], s["call"]["volume"], s["put"]["volume"]) for s in message["strikes"]] == [
        (4800.0, 3.0, 0.0),
        (4810.0, 0.0, 9.0),
    ]
    assert message["strikes"][0]["put"]["last"] is None


def test_before_the_first_smile_there_is_no_exposure() -> None:
    made = with_options(((3.0, 0.0), (0.0, 9.0)))
    made.snaps["options"]["hedge"] = math.nan
    assert flow_of(made)[0]["exposure"] is None


def test_snaps_without_options_make_no_message() -> None:
    assert flow_of(block([level()])) == []


def test_an_infinity_among_the_strikes_is_not_published() -> None:
    made = with_options(((3.0, 0.0), (0.0, 9.0)))
    made.strikes["hedge"][0, 1] = math.inf
    with pytest.raises(UnpublishableValueError, match="hedge"):
        FlowEncoder("es").messages(made)


QUIET_THEN_TRADED = (((3.0, 0.0), (0.0, 9.0)), ((3.0, 0.0), (0.0, 9.0)), ((3.0, 1.0), (0.0, 9.0)))


def test_the_export_has_a_row_for_each_strike_that_was_traded() -> None:
    columns = FlowColumns().columns(with_options(*QUIET_THEN_TRADED))
    assert list(columns) == ["ts_event_ns", "session_date", *(field.name for field in STRIKE_FIELDS)]
    assert np.asarray(columns["strike"]).tolist() == [4800.0, 4810.0, 4800.0]
    assert (np.asarray(columns["ts_event_ns"]) - T0_NS).tolist() == [0, 0, 500_000_000]


def test_how_snaps_are_divided_into_blocks_makes_no_difference_to_the_export() -> None:
    whole = with_options(*QUIET_THEN_TRADED)
    flow = FlowColumns()
    rows = [np.asarray(flow.columns(part)["strike"]) for part in parts(whole, 1)]
    assert np.concatenate(rows).tolist() == [4800.0, 4810.0, 4800.0]
