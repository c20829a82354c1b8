"""The options that every command about a source shares, made into one ``Request``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import typer

from spymaster.cli.options import (
    DateOption,
    LevelOption,
    LevelsOption,
    ProfileOption,
    PublisherOption,
    RunOfLakeOption,
    Sources,
    StampedOption,
    SymbolOption,
    WarmupOption,
)
from spymaster.cli.parsing.shared_options import sharing

MakeRequest = Callable[..., Any]
"""Makes the ``Request`` that was asked for; fields that are a command's own are given by name."""


def _asked(
    context: typer.Context,
    sources: Sources,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    date: DateOption = None,
    run: RunOfLakeOption = None,
) -> MakeRequest:
    def made(**own: Any) -> Any:
        # imported when the command runs: help needs none of it
        from spymaster.cli.request import Request

        return Request(
            sources=tuple(sources),
            config=context.obj.config,
            profile=profile,
            symbol=symbol,
            publisher=publisher,
            level=tuple(level or ()),
            levels=levels,
            warmup=tuple(warmup or ()),
            bars_stamped=bars_stamped,
            date=date,
            run=run,
            **own,
        )

    return made


about_sources: Final = sharing(_asked)
"""Decorates a command about a source: it takes the context, a ``MakeRequest`` and its own options."""
