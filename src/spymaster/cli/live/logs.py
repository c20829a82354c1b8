"""``[log]``: limits of the logs beside a journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from spymaster.config.structs import LogTable
from spymaster.session.record.run_log import LogLimits
from spymaster.session.record.sidecar_watch import SidecarWatch

_MB: Final = 1_000_000


def log_limits(table: LogTable) -> LogLimits:
    """Limits as the configuration says."""
    return LogLimits(round(table.max_mb * _MB), table.keep)


def sidecar_watch(table: LogTable) -> Callable[[Path], SidecarWatch]:
    """What watches the sidecar of a journal, its log kept to these limits."""
    return lambda journal: SidecarWatch(journal, limits=log_limits(table))
