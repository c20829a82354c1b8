"""The command palette: every action of the registry, themes, levels, prices and times, found by what people type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from spymaster.tui.host import Host
from spymaster.tui.keys.actions import ACTIONS, Action
from spymaster.tui.keys.keymap import Keymap, shown_key

WORDS: Final[Mapping[str, str]] = {
    "centre": "center recentre recenter middle follow last price",
    "zoom_in": "zoom closer bigger scale axis",
    "zoom_out": "zoom wider smaller scale axis",
    "layer_liquidity": "heatmap layer depth book hide show",
    "layer_states": "heatmap layer ribbon barrier hide show",
    "seconds_less": "heatmap time scale faster zoom",
    "seconds_more": "heatmap time scale slower zoom",
    "panel_next": "focus tab",
    "panel_previous": "focus tab",
    "list_order": "sort levels table",
    "list_which": "filter levels table",
    "level_detail": "history facts page",
    "level_focus": "gamma strikes options side column",
    "ablation": "ablate leave out what if attribution",
    "alert_next": "signal alarm",
    "alert_previous": "signal alarm",
    "acknowledge": "ack alarm dismiss clear",
    "goto": "jump price time seek",
    "copy_row": "clipboard yank osc52",
    "copy_alert": "clipboard yank osc52",
    "save_text": "export csv tsv file levels alerts",
    "play_pause": "stop start run",
    "slower": "speed pace rate",
    "faster": "speed pace rate",
    "restart": "begin reset rewind",
    "loop_mark": "repeat range",
    "chart": "bars candles vwap",
    "health": "status feeds journal latency",
    "log": "messages warnings errors",
    "theme_next": "colour color dark light",
    "save_screen": "screenshot picture svg image export",
    "help": "keys legend shortcuts colours colors manual",
    "quit": "exit leave close end bye",
}
"""What people type for an action besides the words of its own line."""

_WORD: Final = 1000.0
"""A word that begins as typed stands above every scattering of the same letters."""


@dataclass(frozen=True, slots=True)
class _Offer:
    title: str
    words: str
    command: Callable[[], Any]


def title_of(action: Action, keymap: Keymap) -> str:
    """The action's line in the palette."""
    keys = " ".join(shown_key(key) for key in keymap.keys[action.name])
    return f"{action.description}  {keys}" if keys else action.description


def begins_as_typed(query: str, title: str, words: str) -> bool:
    """Whether every word typed begins a word of the title or one that people use for it."""
    known = f"{title} {words}".lower().replace("_", " ").replace(":", " ").split()
    typed = query.lower().replace("_", " ").split()
    return bool(typed) and all(any(word.startswith(part) for word in known) for part in typed)


class OfferProvider(Provider):
    """Searches what a subclass offers."""

    def offers(self, query: str) -> Iterable[_Offer]:
        """What there is to choose; ``query``: what is typed, empty before."""
        raise NotImplementedError

    @property
    def _host(self) -> Host:
        """The application: no other one has this palette."""
        return cast("Host", self.app)

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for offer in self.offers(""):
            yield DiscoveryHit(offer.title, offer.command)

    async def search(self, query: str) -> Hits:
        """What matches what is typed."""
        matcher = self.matcher(query)
        for offer in self.offers(query):
            score = max(matcher.match(offer.title), 0.0)
            score += _WORD * begins_as_typed(query, offer.title, offer.words)
            score += _WORD * offer.title.lower().startswith(query.lower())
            if score > 0:
                yield Hit(score, matcher.highlight(offer.title), offer.command)


class ActionCommands(OfferProvider):
    """The actions that can be carried out where the palette was opened."""

    def offers(self, query: str) -> Iterator[_Offer]:
        """Every action offered here, with its keys."""
        host = self._host
        for action in ACTIONS:
            if host.offers(action):
                words = f"{action.name} {action.label} {WORDS.get(action.name, '')}"
                yield _Offer(title_of(action, host.options.keymap), words, partial(host.perform, action))


class ThemeCommands(OfferProvider):
    """Themes by name; the one under the cursor is shown at once, and Escape brings the old one back."""

    def offers(self, query: str) -> Iterator[_Offer]:
        """Every theme there is."""
        for name, theme in sorted(self._host.library.themes.items()):
            title = f"Theme: {name}" + (f", {theme.title}" if theme.title.lower() != name else "")
            yield _Offer(title, "colour color colours colors", partial(self._host.choose_theme, name))


class PlaceCommands(OfferProvider):
    """Levels by name or price, and whatever price or time is typed."""

    def offers(self, query: str) -> Iterator[_Offer]:
        """Levels as soon as something is typed: there are too many to be listed before."""
        host = self._host
        if not query:
            return
        if (place := host.place_typed(query)) is not None:
            yield _Offer(place, query, partial(host.go_to, query))
        for level_id, label, price in host.levels_shown():
            words = f"{level_id} level {price:g}"
            yield _Offer(f"Level {label} {price:.2f}", words, partial(host.go_to_level, level_id))
