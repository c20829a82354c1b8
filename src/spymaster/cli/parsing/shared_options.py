"""Options that several commands share, written once: a function has them, and what it returns is what commands get."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

import typer

Parameters = list[inspect.Parameter]


def sharing(shared: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorates a command that is given, beside its own options, what ``shared`` makes of those that it has.

    ``shared`` takes the context and the shared options; the command takes the context, what ``shared`` returned, and
    its own options by name. Arguments of ``shared`` come first, then the command's own options, then the shared ones.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        theirs, own = _parameters(shared)[1:], _parameters(command)[2:]
        names = {parameter.name for parameter in theirs}

        @functools.wraps(command)
        def whole(context: typer.Context, **given: Any) -> None:
            made = shared(context, **{name: given[name] for name in given.keys() & names})
            command(context, made, **{name: given[name] for name in given.keys() - names})

        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        first, last = _arguments_first(own)
        parameters = [context, *first, theirs[0], *last, *theirs[1:]]
        # Typer reads the one or the other, by its release
        whole.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        whole.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return whole

    return decorated


def _arguments_first(own: Parameters) -> tuple[Parameters, Parameters]:
    """A command's own arguments, which stand before what is shared, and its options."""

    def is_argument(parameter: inspect.Parameter) -> bool:
        metadata = getattr(parameter.annotation, "__metadata__", ())
        return any(isinstance(each, typer.models.ArgumentInfo) for each in metadata)

    return [each for each in own if is_argument(each)], [each for each in own if not is_argument(each)]


def _parameters(function: Callable[..., Any]) -> Parameters:
    """Parameters with their annotations as objects, each to be given by name."""
    hints = typing.get_type_hints(function, include_extras=True)
    return [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
    ]
