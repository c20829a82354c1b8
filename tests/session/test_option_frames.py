"""Options on their way from the engine to a screen's frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.market.option_chain import CALL, PUT
from spymaster.session.frames.builder import FrameBuilder
from spymaster.session.frames.heat_store import HeatStore
from spymaster.signals.frame import Frame, Mode, Phase
from spymaster.signals.run_state import RunState
from spymaster.view.drawing.cells import text_of
from spymaster.view.options.strike_grid import strike_rows
from spymaster.view.options.texts import options_text, summary_of
from tests.support.engine import engine_for
from tests.support.options import NOON_NS, STRIKES, OptionTape, chain, quiet_market

SECONDS = 3
RUN = RunState(Mode.REPLAY, Phase.PLAYING, False, 1.0, NOON_NS, NOON_NS + SECONDS * 1_000_000_000)


def last_frame(tape: OptionTape, **config: Any) -> Frame:
    engine = engine_for("es", snaps_per_block=1, **{"chain": chain(), **config})
    assert engine.config is not None
    builder = FrameBuilder(engine, engine.config, HeatStore())
    for frame in tape.frames(quiet_market(float(SECONDS))):
        for block in engine.feed(frame):
            builder.on_block(block)
    for block in engine.finish():
        builder.on_block(block)
    return builder.build(1, RUN)


@pytest.fixture(scope="module")
def traded() -> Frame:
    """Customers buy forty calls and twenty puts at the money, a second apart; everything is quoted."""
    tape = OptionTape()
    for second in range(SECONDS):
        tape.quotes_everywhere(second + 0.1)
    tape.trade(5000, CALL, 1.3, 9.5, 40, b"B")
    tape.trade(5000, PUT, 2.3, 9.5, 20, b"B")
    return last_frame(tape)


def test_the_frame_holds_the_strikes_by_rising_price_and_what_they_come_to(traded: Frame) -> None:
    assert traded.strikes["strike"].tolist() == sorted(traded.strikes["strike"].tolist())
    assert set(traded.strikes["strike"]) <= set(STRIKES)
    assert summary_of(traded)["volume"] == 60.0
    assert summary_of(traded)["strikes"] == len(traded.strikes)
    assert options_text(traded) == ""


def test_bought_options_leave_dealers_short_gamma(traded: Frame) -> None:
    assert summary_of(traded)["hedge"] < 0.0


def test_the_wave_remembers_the_delta_bought_in_calls_and_sold_in_puts(traded: Frame) -> None:
    assert traded.option_flow["calls"].sum() == pytest.approx(40 * 0.5, rel=0.1)
    assert traded.option_flow["puts"].sum() == pytest.approx(-20 * 0.5, rel=0.1)


def test_the_grid_draws_them(traded: Frame) -> None:
    rows = [text_of(row) for row in strike_rows(traded, 39, 20, "unicode")]
    spot = next(row for row in rows if " 5000 " in row)
    assert spot.split()[:2] == ["19", "40"]
    assert rows[-3].startswith("H −")


def test_nothing_of_the_options_can_be_written_to(traded: Frame) -> None:
    for array in (traded.options, traded.strikes, traded.option_flow):
        assert not array.flags.writeable


def test_without_a_chain_there_are_no_options() -> None:
    frame = last_frame(OptionTape(), chain=b"")
    assert (len(frame.options), len(frame.strikes), len(frame.option_flow)) == (0, 0, 0)
    assert options_text(frame) == "no options"


def test_before_quotes_the_smile_is_awaited() -> None:
    tape = OptionTape()
    tape.trade(5000, CALL, 1.3, 9.5, 4, b"B")
    frame = last_frame(tape)
    assert np.isnan(summary_of(frame)["hedge"])
    assert options_text(frame) == "needs 5 quoted strikes"
