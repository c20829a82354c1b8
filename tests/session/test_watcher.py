"""Who watches a replay is told of every snap that is shown, in order, and of none that is only passed on the way."""

from __future__ import annotations

import threading

import pytest

from spymaster.market.frames import ConfigFrame
from spymaster.signals.blocks import Block
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.frame import Command, Phase
from spymaster.signals.said.viewport import LevelsViewport
from tests.session.screen import Open

pytestmark = pytest.mark.usefixtures("warm")


class Notes:
    """Remembers what it was told, in one thread at a time."""

    def __init__(self) -> None:
        self.configs: list[ConfigFrame] = []
        self.times: list[int] = []
        self.frames = 0
        self.threads: set[str] = set()

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Note it."""
        self.configs.append(config)

    def on_block(self, block: Block) -> None:
        """Note its moments."""
        self.threads.add(threading.current_thread().name)
        self.times += block.snaps["t_ns"].tolist()

    def published(self) -> None:
        """Count it."""
        self.frames += 1

    def scored(self, viewport: LevelsViewport) -> None:
        """Nobody speaks here."""


def test_every_snap_of_a_replay_is_told_once_and_in_order(open_screen: Open) -> None:
    notes = Notes()
    screen = open_screen(watcher=notes)
    screen.session.start()
    end = screen.phase(Phase.ENDED)
    assert len(notes.configs) == 1
    assert notes.times == sorted(set(notes.times))
    assert notes.times[-1] == end.t_ns
    assert len(set(map(int.__sub__, notes.times[1:], notes.times))) == 1
    assert notes.threads == {"session"}
    assert notes.frames >= 1


def test_snaps_on_the_way_to_a_moment_are_not_told(open_screen: Open) -> None:
    notes = Notes()
    screen = open_screen(watcher=notes)
    first = screen.paused_at_the_first_snap()
    told = len(notes.times)
    wanted = first.t_ns + 8_000_000_000
    screen.session.send(Command.SEEK, wanted)
    screen.wait(lambda frame: frame.header.phase is Phase.PAUSED and frame.t_ns >= wanted)
    assert len(notes.times) == told
    screen.session.send(Command.PLAY)
    end = screen.phase(Phase.ENDED)
    assert min(notes.times[told:]) > wanted - 250_000_000
    assert notes.times[-1] == end.t_ns
