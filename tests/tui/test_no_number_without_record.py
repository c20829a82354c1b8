"""On a real market nothing is called a probability before it has a record: every screen and every payload is read."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spymaster.bus.gateway.messages import Entry
from spymaster.bus.wire.frames import Told, encode_answer
from spymaster.config.loader import load_config
from spymaster.config.origins import config_settings
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Frame
from spymaster.signals.schema import alerts_schema, flow_schema, signals_schema
from spymaster.view.drawing.cells import text_of
from spymaster.view.pages.settings import settings_rows
from spymaster.view.state import ScreenStats
from tests.support import frames, past, viewports
from tests.support.heads import models
from tests.support.small_files import busy_words, depth_file
from tests.tui.test_what_screens_say import SIZES, everything, texts

CALLED_SO = re.compile(r"probab|likel|chance of|odds of", re.IGNORECASE)
"""Words for a probability."""
NUMBER = re.compile(r"(break|bounce) [01]?\.\d\d|said \d+-\d+ ?%|LEARNT|model, simulated|\+\d[\d.]* before|n \d+, base")
"""What a screen prints of a model's numbers."""
OF_A_MODEL = re.compile(rb"p_(break|bounce|tradeable|no_trade)|(break|bounce)_by|utility")
"""The names they are sent under."""


def real(frame: Frame) -> Frame:
    """As of a market."""
    return dataclasses.replace(frame, header=msgspec.structs.replace(frame.header, simulated=False))


def shown(frame: Frame, size: tuple[int, int]) -> str:
    history = past.level_history("STRIKE_687", 300)
    screens = everything(frame, size, stats=ScreenStats(), history=history, chart=past.chart(), side="focus")
    return texts(screens)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_screen_calls_anything_a_probability_or_shows_a_models_number(size: tuple[int, int]) -> None:
    text = shown(viewports.collecting(real(frames.frame())), size)
    assert CALLED_SO.search(text) is None
    assert NUMBER.search(text) is None


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_far_the_record_is_stands_there_in_its_place(size: tuple[int, int]) -> None:
    assert "collecting 312 of 784" in shown(viewports.collecting(real(frames.frame())), size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_is_looked_for_is_found_where_a_number_is_shown(size: tuple[int, int]) -> None:
    text = shown(viewports.spoken(frames.frame()), size)
    assert NUMBER.search(text) is not None


def test_no_setting_calls_anything_a_probability() -> None:
    rows = settings_rows(config_settings(), 200)
    assert CALLED_SO.search("\n".join(text_of(row) for row in rows)) is None


def payloads(frame: Frame) -> dict[str, bytes]:
    """Everything that is sent of a model's words."""
    viewport = frame.viewport
    assert viewport is not None
    return {
        "gateway": Entry(0, viewport, None).native().encode(),
        "attached screen": encode_answer(Told(frame, frame.heat)),
    }


def test_no_payload_holds_a_models_number() -> None:
    for name, sent in payloads(viewports.collecting(real(frames.frame()))).items():
        assert OF_A_MODEL.search(sent) is None, name
        assert b"collecting" in sent, name


def test_what_is_looked_for_is_found_in_a_payload_that_has_it() -> None:
    for name, sent in payloads(viewports.spoken(frames.frame())).items():
        assert OF_A_MODEL.search(sent) is not None, name


@pytest.mark.parametrize("schema", [signals_schema, alerts_schema, flow_schema], ids=lambda schema: schema.__name__)
def test_no_message_of_the_engine_calls_anything_a_probability(schema: Any) -> None:
    """But for the weights of the barrier's states, which are a rule's and add up to one: they keep the name that they
    were first published under, since names never change."""
    said = json.dumps(schema()).replace('"probabilities"', "").replace("Probabilities", "")
    said = said.replace("Soft probability of each barrier state", "")
    assert CALLED_SO.search(said) is None


@pytest.mark.usefixtures("warm")
def test_a_session_on_a_real_market_makes_no_such_frame(tmp_path: Path) -> None:
    file = depth_file(tmp_path / "small.mbp-10.dbn.zst", busy_words())
    plan = ReplayPlan((file,), load_config().profile("es"))
    session = ReplaySession(plan, simulated=False, speed=None, models=models("screen", simulated=False))
    session.start()
    try:
        assert session.reached.wait(240.0)
        frame = session.latest()
    finally:
        session.stop()
    assert frame is not None
    assert frame.chances is None
    assert frame.viewport is not None
    assert all(target.chances is None for target in frame.viewport.targets)
    for sent in payloads(frame).values():
        assert OF_A_MODEL.search(sent) is None
    for size in SIZES:
        assert NUMBER.search(shown(frame, size)) is None
