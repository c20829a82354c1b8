"""The floor under a live session's lateness: a bare socket loop that only looks where records end."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Sequence
from typing import Final

from spymaster.feeds.dbn.record_rows import LENGTH_UNIT
from spymaster.loopback.databento.gateway import DEMO_KEY, HOST

_PREFIX_BYTES: Final = 8
_READ_BYTES: Final = 64 * 1024
_PATIENCE_S: Final = 30.0


def read_barely(
    port: int, dataset: str, schemas: Sequence[str], rtypes: Collection[int], records: int
) -> list[tuple[int, int]]:
    """Read so many records of these types: (records so far, when) of each read of the socket, ``time.time_ns``."""
    noted: list[tuple[int, int]] = []
    with socket.create_connection((HOST, port), _PATIENCE_S) as connection:
        _begin(connection, dataset, schemas)
        rest = _past_header(connection)
        taken = 0
        while taken < records:
            piece = connection.recv(_READ_BYTES)
            now_ns = time.time_ns()
            if not piece:
                break
            rest += piece
            at = 0
            while at + 1 < len(rest) and at + rest[at] * LENGTH_UNIT <= len(rest):
                taken += rest[at + 1] in rtypes
                at += rest[at] * LENGTH_UNIT
            del rest[:at]
            noted.append((taken, now_ns))
    return noted


def _begin(connection: socket.socket, dataset: str, schemas: Sequence[str]) -> None:
    """The vendor's handshake, with what its client sends."""
    from databento.common.cram import get_challenge_response
    from databento.live.gateway import AuthenticationRequest, ChallengeRequest, SessionStart, SubscriptionRequest
    from databento_dbn import SType

    with connection.makefile("rb", buffering=0) as lines:
        lines.readline()
        challenge = ChallengeRequest.parse(lines.readline())
        answer = get_challenge_response(challenge.cram, DEMO_KEY)
        connection.sendall(bytes(AuthenticationRequest(auth=answer, dataset=dataset, ts_out="1")))
        lines.readline()
    for schema in schemas:
        connection.sendall(
            bytes(SubscriptionRequest(schema=schema, stype_in=SType.from_str("raw_symbol"), symbols="ALL_SYMBOLS"))
        )
    connection.sendall(bytes(SessionStart()))


def _past_header(connection: socket.socket) -> bytearray:
    """What came behind the header of the session."""
    got = bytearray()
    while len(got) < _PREFIX_BYTES or len(got) < _PREFIX_BYTES + int.from_bytes(got[4:8], "little"):
        got += connection.recv(_READ_BYTES)
    return got[_PREFIX_BYTES + int.from_bytes(got[4:8], "little") :]
