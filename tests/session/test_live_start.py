"""How a live session begins: everything that computes is in memory before a vendor is asked for anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spymaster.config.loader import load_config
from spymaster.journal.source import Arrival
from spymaster.market.frames import ConfigFrame, Frame
from spymaster.session.live import session as of_session
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import RunRecording

PATIENCE_S = 120.0


class Asked:
    """Feeds that note that they were asked, and have nothing."""

    problem = "nobody is there"

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def arrivals(self) -> Iterator[Arrival]:
        """Nothing."""
        self._notes.append("asked")
        return iter(())

    def frames(self) -> Iterator[Frame]:
        """Nothing."""
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(("computes", "order"), [(True, ["loaded", "asked"]), (False, ["asked"])])
def test_kernels_are_loaded_before_a_vendor_is_asked_and_only_where_something_computes(
    computes: bool, order: list[str], monkeypatch: pytest.MonkeyPatch, warm: None
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(of_session, "load_engine", lambda: notes.append("loaded"))

    def begin(_config: ConfigFrame) -> RunRecording:
        raise AssertionError("nothing came")

    profile = load_config().profile("es")
    session = LiveSession(Asked(notes), begin, profile=profile, simulated=True, draws=False, computes=computes)
    session.start()
    assert session.ended.wait(PATIENCE_S)
    assert notes == order
    assert session.refused == "nobody is there"
