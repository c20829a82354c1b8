"""What opens a server: in the environment, and in no file of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec


class Secrets(msgspec.Struct, frozen=True):
    """What opens a server, from the environment, named as the nats tool names them. Never printed."""

    user: str = ""
    password: str = ""
    token: str = ""
    credentials: str = ""

    def __repr__(self) -> str:
        return "Secrets()"


def secrets_of(environment: Mapping[str, str] = os.environ) -> Secrets:
    """NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CREDS."""
    names = ("NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS")
    return Secrets(*(environment.get(name, "").strip() for name in names))
