"""Times on the command line: what an option's TIME means in a source, and whether the source has it."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.errors import ExitCode, UserError
from spymaster.market.kinds import NS_PER_S
from spymaster.market.sessions import SESSION, TimeFormatError, et_stamp, parse_time, session_at
from spymaster.session.sources.recorded import RecordedSource

_SINCE_EVER: Final = 0
_FOR_EVER: Final = 2**62


def moment_ns(option: str, text: str, source: RecordedSource) -> int:
    """A moment of a source in ns; the second in which it begins, and that in which it ends, count as its own.

    Raises UserError for what is no time, and with the source's span for a time outside it.
    """
    moment = _time_ns(option, text, source)
    first, last = source.first_ns, source.last_ns
    if not first - first % NS_PER_S <= moment <= last + -last % NS_PER_S:
        remedy = f"it goes from {et_stamp(first)} to {et_stamp(last)}, choose a moment between"
        problem = f"{et_stamp(moment)} is outside the recording"
        raise UserError(f"{option} {text}", problem, remedy, code=ExitCode.USAGE)
    return max(moment, first)


def check_reached(option: str, text: str | None, until_ns: int | None, last_ns: int) -> None:
    """Refuse a moment behind the last record: a header may claim more than a file holds, and only reading it tells.

    ``until_ns``: the moment; ``last_ns``: the last snap of a source that has ended. The second in which it ends counts
    as its own. Raises UserError.
    """
    if until_ns is not None and last_ns + NS_PER_S < until_ns:
        problem = f"{et_stamp(until_ns)} is outside the recording"
        remedy = f"its records end at {et_stamp(last_ns)}, choose an earlier moment"
        raise UserError(f"{option} {text}", problem, remedy, code=ExitCode.USAGE)


def span_ns(since: str | None, until: str | None, source: RecordedSource) -> tuple[int, int]:
    """[--from, --to) in ns, without limit where one is left out. Raises UserError."""
    first = _time_ns("--from", since, source) if since else _SINCE_EVER
    last = _time_ns("--to", until, source) if until else _FOR_EVER
    if first >= last:
        raise UserError(f"--from {since}", f"is not before --to {until}", "give an earlier --from", code=ExitCode.USAGE)
    return first, last


def _time_ns(option: str, text: str, source: RecordedSource) -> int:
    """HH:MM means the session of the first record."""
    sessions = np.frombuffer(source.config_frame().sessions, SESSION)
    try:
        return parse_time(text, session_at(sessions, source.first_ns))
    except TimeFormatError as error:
        raise UserError(f"{option} {text}", error.problem, error.remedy, code=error.code) from None
