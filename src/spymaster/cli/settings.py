"""What is set for this run and where it comes from: the configuration, the environment, the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from spymaster.cli.global_options import GIVEN
from spymaster.config.origins import Setting, config_settings

COMMAND_LINE: Final = "command line"
ENVIRONMENT: Final = "environment"

SECRET: Final[Mapping[str, str]] = {
    "DATABENTO_API_KEY": "Opens Databento's live feeds.",
    "MASSIVE_API_KEY": "Opens Massive's live feeds.",
    "POLYGON_API_KEY": "The older name of Massive's key.",
    "NATS_USER": "Opens a NATS server.",
    "NATS_PASSWORD": "Opens a NATS server.",
    "NATS_TOKEN": "Opens a NATS server.",
    "AWS_ACCESS_KEY_ID": "Opens a lake in a bucket.",
    "AWS_SECRET_ACCESS_KEY": "Opens a lake in a bucket.",
    "SPYMASTER_GATEWAY_TOKEN": "Lets others in at the gateway.",
}
"""Variables of which only is said that they are set."""

PLAIN: Final[Mapping[str, str]] = {
    "SPYMASTER_KERNEL_CACHE": "Folder for compiled kernels.",
    "SPYMASTER_METRICS": "Where figures for Prometheus are served.",
    "SPYMASTER_ALIVE": "A file that run touches while all is well.",
    "NATS_CREDS": "The file that opens a NATS server.",
    "AWS_ENDPOINT_URL": "The server of a lake in a bucket.",
    "XDG_CONFIG_HOME": "Where the user's configuration lies.",
    "XDG_CACHE_HOME": "Where the user's caches lie.",
    "XDG_STATE_HOME": "Where it is kept what was opened last.",
    "NO_COLOR": "No colours.",
    "COLORTERM": "How many colours the terminal says it has.",
    "TERM": "What the terminal says it is.",
}


def settings_of_command(environment: Mapping[str, str] = os.environ) -> Callable[[], tuple[Setting, ...]]:
    """What is set for the running command, to be looked up when somebody asks: its options, the environment, the
    configuration with the file of its ``--config``. That raises UserError."""
    given = GIVEN.get()
    options = tuple(Setting(name, value, COMMAND_LINE, about) for name, value, about in given.options)
    return lambda: (*options, *_of_environment(environment), *config_settings(given.config))


def _of_environment(environment: Mapping[str, str]) -> Iterator[Setting]:
    for name, meaning in SECRET.items():
        is_set = bool(environment.get(name, "").strip())
        yield Setting(name, "set" if is_set else "not set", ENVIRONMENT if is_set else "nowhere", meaning)
    for name, meaning in PLAIN.items():
        if (value := environment.get(name)) is not None:
            yield Setting(name, value, ENVIRONMENT, meaning)
