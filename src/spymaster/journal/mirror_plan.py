"""What a mirror is told: a file beside the journal, so that a sidecar started later goes on with it.

A Session writes it and the mirror reads it; neither knows more of the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from spymaster.journal.errors import JournalError
from spymaster.journal.files import OsFiles, replace_file

PLAN_NAME: Final = "mirror.plan.json"
EMBEDDED: Final = "embedded"
"""In place of a URL: a server of our own on this machine."""


class BusAddress(msgspec.Struct, frozen=True):
    """How a server is reached. ``url``: one or several, separated by commas, or ``EMBEDDED``; ``folder`` and ``port``:
    of the embedded one. ``credentials``: a .creds file; ``tls_*``: files of certificates and a key. What is secret is
    in files or in the environment, never here."""

    url: str
    folder: str = ""
    port: int = 4222
    credentials: str = ""
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""

    @property
    def is_embedded(self) -> bool:
        """Whether the server is our own."""
        return self.url == EMBEDDED


class StreamLimits(msgspec.Struct, frozen=True):
    """How the streams are kept: for how long, on how many servers, and how many bytes each (0: as many as fit)."""

    keep_h: float = 24.0
    replicas: int = 1
    max_bytes: int = 0


class MirrorPlan(msgspec.Struct, frozen=True):
    """``market``: mirror what arrives too. ``pace_bytes_s``: no more is sent in a second. ``symbol``: of the run.
    ``patience_s``: how long a server may be silent once the run is over; an election in a cluster takes a tenth of it.
    ``mode``: what the run is, LIVE, REPLAY or SIMULATED; every message says it."""

    address: BusAddress
    symbol: str
    market: bool = False
    limits: StreamLimits = StreamLimits()
    pace_bytes_s: int = 16_000_000
    patience_s: float = 60.0
    mode: str = "LIVE"


def write_mirror_plan(journal: Path, plan: MirrorPlan) -> None:
    """Put the plan beside the journal. Raises OSError."""
    replace_file(OsFiles(), journal / PLAN_NAME, msgspec.json.encode(plan))


def read_mirror_plan(journal: Path) -> MirrorPlan | None:
    """The plan of a journal, None where it is not mirrored. Raises JournalError for one that cannot be read."""
    path = journal / PLAN_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=MirrorPlan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise JournalError(path, f"cannot be used ({error})", "delete it to go on without a mirror") from None
