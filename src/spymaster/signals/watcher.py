"""Who is told of what a Session does, beside its journal. A Session never waits for one of them."""

from __future__ import annotations

from typing import Protocol

from spymaster.market.frames import ConfigFrame
from spymaster.signals.blocks import Block
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.said.viewport import LevelsViewport


class Watcher(Protocol):
    """Called in the Session's thread. Every call returns at once and raises nothing."""

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Snaps of a configuration are about to come. ``words``: what its feeds say, kept up to date by the Session."""
        ...

    def on_block(self, block: Block) -> None:
        """Snaps that are to be seen now. The arrays are the engine's own: copy what is kept."""
        ...

    def published(self) -> None:
        """There is a newer frame."""
        ...

    def scored(self, viewport: LevelsViewport) -> None:
        """A model has said something of the levels in view. Called in the scoring thread."""
        ...


class Nobody:
    """Watches nothing."""

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Pass over it."""

    def on_block(self, block: Block) -> None:
        """Pass over it."""

    def published(self) -> None:
        """Pass over it."""

    def scored(self, viewport: LevelsViewport) -> None:
        """Pass over it."""


class Watchers:
    """Several watchers as one, told in this order."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Tell all of them."""
        for one in self._watchers:
            one.begins(config, words)

    def on_block(self, block: Block) -> None:
        """Tell all of them."""
        for one in self._watchers:
            one.on_block(block)

    def published(self) -> None:
        """Tell all of them."""
        for one in self._watchers:
            one.published()

    def scored(self, viewport: LevelsViewport) -> None:
        """Tell all of them."""
        for one in self._watchers:
            one.scored(viewport)
