"""What Massive's statuses, close codes and refusals of a connection mean."""

from __future__ import annotations

import pytest

from spymaster.feeds.live.supervision import FaultKind, Remedy
from spymaster.feeds.massive_live.messages import Status, statuses_of
from spymaster.feeds.massive_live.statuses import Effect, closed, hear, hear_authentication, not_opened


@pytest.mark.parametrize(
    ("status", "message", "effect"),
    [
        ("connected", "Connected Successfully", Effect.NOTHING),
        ("success", "subscribed to: T.SPY", Effect.ACKNOWLEDGED),
        ("error", "You don't have access to real-time data", Effect.REFUSED),
        ("not_authorized", "", Effect.REFUSED),
        ("slow_consumer", "buffer is filling", Effect.SAID),
        ("never_heard_of", "words", Effect.SAID),
        ("max_connections", "Maximum number of connections exceeded", Effect.ENDS),
        ("error", "max_connections reached", Effect.ENDS),
        ("auth_failed", "unknown key", Effect.ENDS),
    ],
)
def test_a_status_changes(status: str, message: str, effect: Effect) -> None:
    assert hear(Status(status, message)).effect is effect


def test_only_a_clear_yes_lets_us_in() -> None:
    assert hear_authentication([Status("auth_success", "authenticated")]) is None
    for said in ([], [Status("success")], [Status("connected")], [Status("auth_timeout")], [Status("?", "wait")]):
        assert hear_authentication(said) is not None
    both = [Status("auth_success"), Status("max_connections")]
    fault = hear_authentication(both)
    assert fault is not None
    assert fault.remedy is Remedy.STOP


@pytest.mark.parametrize(
    ("code", "reason", "kind", "remedy"),
    [
        (1000, "", FaultKind.CLOSED, Remedy.RETRY),
        (1001, "going away", FaultKind.CLOSED, Remedy.RETRY),
        (1006, "", FaultKind.RESET, Remedy.RETRY),
        (1008, "policy", FaultKind.CLOSED, Remedy.RETRY),
        (1008, "max_connections", FaultKind.ERROR, Remedy.STOP),
        (1011, "keepalive ping timeout", FaultKind.HUNG, Remedy.RETRY),
        (1011, "internal error", FaultKind.CLOSED, Remedy.RETRY),
    ],
)
def test_a_close_code_means(code: int, reason: str, kind: FaultKind, remedy: Remedy) -> None:
    fault = closed(code, reason)
    assert (fault.kind, fault.remedy) == (kind, remedy)
    assert f"code {code}" in fault.detail


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        (401, FaultKind.KEY, Remedy.STOP),
        (403, FaultKind.KEY, Remedy.STOP),
        (429, FaultKind.REFUSED, Remedy.BACK_OFF),
        (503, FaultKind.REFUSED, Remedy.RETRY),
    ],
)
def test_an_http_status_instead_of_a_connection_means(status: int, kind: FaultKind, remedy: Remedy) -> None:
    fault = not_opened(status)
    assert (fault.kind, fault.remedy) == (kind, remedy)


def test_statuses_are_found_among_anything_else_in_a_frame() -> None:
    frame = b'[{"ev":"T","sym":"SPY"},7,{"ev":"status","status":"max_connections"},{"ev":"status","status":5}]'
    assert statuses_of(frame) == [Status("max_connections")]
    assert statuses_of(b"status") == []
