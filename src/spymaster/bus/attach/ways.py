"""The ways to a Session: its local socket, or a gateway's WebSocket; that over NATS is in ``nats_way``."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import zstandard

from spymaster.bus.socket.streams import LENGTH_BYTES, framed, length_of
from spymaster.bus.wire.packing import MOST_BYTES, WireError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection


class LostError(Exception):
    """A connection that is not there, or not any more; the text says why in a few words."""


class Way(Protocol):
    """One connection. Every call may raise LostError and WireError; ``close`` raises nothing, and may come from any
    thread to end a call that waits."""

    def send(self, message: bytes) -> None:
        """Send a message."""
        ...

    def receive(self, timeout_s: float) -> bytes:
        """The next message."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class SocketWay:
    """A connection to a local socket. Raises LostError where nobody answers."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise LostError(_of_socket(error)) from None

    def send(self, message: bytes) -> None:
        """Send a message."""
        try:
            self._socket.sendall(framed(message))
        except OSError as error:
            raise LostError(_of_socket(error)) from None

    def receive(self, timeout_s: float) -> bytes:
        """The next message."""
        try:
            self._socket.settimeout(timeout_s)
        except OSError as error:
            raise LostError(_of_socket(error)) from None
        return self._exactly(length_of(self._exactly(LENGTH_BYTES)))

    def close(self) -> None:
        """End the connection."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            self._socket.close()

    def _exactly(self, size: int) -> bytes:
        held = bytearray(size)
        view = memoryview(held)
        while view:
            try:
                got = self._socket.recv_into(view)
            except OSError as error:
                raise LostError(_of_socket(error)) from None
            if not got:
                raise LostError("the session has closed the connection")
            view = view[got:]
        return bytes(held)


class WebWay:
    """A connection to ``/ws/frames`` of a gateway. ``url``: ws:// or wss://; ``token``: empty for none; ``proxied``:
    through the proxy that the environment names. Raises LostError where nobody answers, and RefusedError where the
    gateway lets nobody in."""

    def __init__(self, url: str, token: str, timeout_s: float, *, proxied: bool = False) -> None:
        self._opened = opened(f"{url}/ws/frames", token, timeout_s, proxied=proxied)
        self._socket = self._opened.__enter__()

    def send(self, message: bytes) -> None:
        """Send a message."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(message)
        except (OSError, ConnectionClosed) as error:
            raise LostError(_of_socket(error)) from None

    def receive(self, timeout_s: float) -> bytes:
        """The next message."""
        from websockets.exceptions import ConnectionClosed

        try:
            message = self._socket.recv(timeout_s)
        except (OSError, ConnectionClosed) as error:
            raise LostError(_of_socket(error)) from None
        if isinstance(message, str):
            raise WireError("a message that is text")
        return plain(message)

    def close(self) -> None:
        """End the connection."""
        self._opened.__exit__(None, None, None)


class WebLines:
    """Messages of ``/ws/stream`` of a gateway, in the program's own form. As ``WebWay``."""

    def __init__(self, url: str, token: str, timeout_s: float, *, proxied: bool = False) -> None:
        self._socket = opened(f"{url}/ws/stream?form=native", token, timeout_s, proxied=proxied).__enter__()

    def __call__(self) -> str:
        """The next message, however long that takes. Raises LostError."""
        from websockets.exceptions import ConnectionClosed

        try:
            message = self._socket.recv()
        except (OSError, ConnectionClosed) as error:
            raise LostError(_of_socket(error)) from None
        return message if isinstance(message, str) else message.decode("utf-8", "replace")


def opened(url: str, token: str, timeout_s: float, *, proxied: bool) -> ClientConnection:
    """A WebSocket of a gateway. Raises LostError where nobody answers, and RefusedError where nobody is let in."""
    # imported when a connection is made: a local socket needs none of it
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    try:
        return connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"} if token else None,
            open_timeout=timeout_s,
            proxy=True if proxied else None,
            close_timeout=1.0,
            max_size=MOST_BYTES,
            compression=None,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status in (401, 403):
            raise RefusedError(f"the gateway lets nobody in without the right token (it said {status})") from None
        raise LostError(f"the gateway said {status}") from None
    except (OSError, WebSocketException) as error:
        raise LostError(_of_socket(error)) from None


class RefusedError(LostError):
    """Trying again would not help."""


def plain(message: bytes) -> bytes:
    """What was sent compressed. Raises WireError, also for what is larger than any message."""
    try:
        # a size that is announced is believed by the library before any limit
        if zstandard.frame_content_size(message) > MOST_BYTES:
            raise WireError(f"a message of more than {MOST_BYTES} bytes")
        return zstandard.ZstdDecompressor().decompress(message, max_output_size=MOST_BYTES)
    except zstandard.ZstdError:
        raise WireError("a message that cannot be decompressed") from None


def _of_socket(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return "the connection was closed"
