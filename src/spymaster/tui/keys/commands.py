"""The command palette: every action of the registry, with its keys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from spymaster.tui.host import Host
from spymaster.tui.keys.actions import ACTIONS, Action
from spymaster.tui.keys.keymap import Keymap, shown_key


def title_of(action: Action, keymap: Keymap) -> str:
    """The action's line in the palette."""
    keys = " ".join(shown_key(key) for key in keymap.keys[action.name])
    return f"{action.description}  {keys}" if keys else action.description


class ActionCommands(Provider):
    """Offers the actions that can be carried out where the palette was opened."""

    @property
    def _host(self) -> Host:
        """The application: no other one has this palette."""
        return cast("Host", self.app)

    def _offered(self) -> Iterator[tuple[Action, str]]:
        host = self._host
        for action in ACTIONS:
            if host.offers(action):
                yield action, title_of(action, host.options.keymap)

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for action, title in self._offered():
            yield DiscoveryHit(title, partial(self._run, action))

    async def search(self, query: str) -> Hits:
        """The actions that match what is typed."""
        matcher = self.matcher(query)
        for action, title in self._offered():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(self._run, action))

    async def _run(self, action: Action) -> None:
        await self._host.perform(action)
