"""What is made of the notes of a served session and of those who looked at it."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.bench.served import SETTLE_S, _payload, _Reader, attached_of, clients_of

MS = 1_000_000
SETTLED = round(SETTLE_S * 1e9)


def notes(*rows: tuple[int, ...]) -> np.ndarray:
    return np.array(rows, np.int64)


def test_a_frame_is_as_late_as_the_snap_in_it_was_early() -> None:
    snaps = notes((7, SETTLED), (8, SETTLED + 250 * MS))
    frames = notes((0, 0, 0), (1, 7, SETTLED + 1 * MS), (2, 8, SETTLED + 251 * MS))
    over_socket = [(1, SETTLED + 3 * MS), (2, SETTLED + 253 * MS)]
    figures = attached_of(snaps, frames, over_socket, [(2, SETTLED + 255 * MS)])
    assert (figures.frames, figures.alone_ms, figures.socket_ms, figures.nats_ms) == (2, (1, 1), (3, 3), (5, 5))


def test_frames_before_the_session_has_settled_do_not_count() -> None:
    frames = notes((1, 7, 10), (2, 8, SETTLED + 20))
    figures = attached_of(notes((7, 0), (8, SETTLED)), frames, [(1, 10**9)], [])
    assert figures.frames == 1
    assert np.isnan(figures.socket_ms).all()


def test_a_reader_that_missed_a_snap_is_behind() -> None:
    snaps = notes(*((t, t * MS) for t in range(10)))

    def seen(*times: int) -> list[tuple[int, int]]:
        return [(t, (t + 4) * MS) for t in times]

    figures = clients_of(snaps, [seen(2, 3, 4), seen(2, 4), seen(3, 2), seen()], 100.0, 103.5)
    assert (figures.clients, figures.snaps, figures.behind) == (4, 3, 3)
    assert figures.late_ms == (4, 4)
    assert figures.grown_mb == 3.5


@pytest.mark.parametrize("size", [100, 1000, 70_000])
@pytest.mark.parametrize("cut", [1, 7, 4096])
def test_a_reader_knows_signals_however_their_bytes_are_cut(size: int, cut: int) -> None:
    start = b'{"subject":"levels.signals","seq":5,"data":{"version":5,"ts":1,"ts_event_ns":1001,'
    body = start + b" " * (size - len(start))
    if size < 126:
        length = bytes([size])
    else:
        length = bytes([126]) + size.to_bytes(2, "big") if size < 65_536 else bytes([127]) + size.to_bytes(8, "big")
    other = b'{"subject":"market.flow"}'
    stream = b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n"
    stream += bytes([0x81, len(other)]) + other + bytes([0x81]) + length + body
    reader = _Reader(1)
    for place in range(0, len(stream), cut):
        reader.data_received(stream[place : place + cut])
    assert [t_ns for t_ns, _ in reader.seen] == [1001]
    assert _payload(bytearray(b"\x81")) is None
