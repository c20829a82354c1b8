"""The page of figures: who is answered, who is not, and what is on it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from spymaster.bus.gateway.metrics import MetricsText
from spymaster.bus.metrics.process_figures import add_process
from spymaster.bus.metrics.server import MetricsServer
from spymaster.errors import UserError
from tests.support.exposition import families

TOKEN = "0123456789abcdef"


@contextmanager
def serving(text: Callable[[], str], token: str = "") -> Iterator[MetricsServer]:
    server = MetricsServer("127.0.0.1", 0, token, text)
    try:
        yield server
    finally:
        server.stop()


def asked(server: MetricsServer, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(*server.address)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_each_one_who_asks_is_told_how_it_is_now() -> None:
    count = iter(range(1, 9))
    with serving(lambda: f"{next(count)}\n") as server:
        assert asked(server, "/metrics") == (200, "1\n")
        assert asked(server, "/metrics?x=1") == (200, "2\n")
        assert asked(server, "/")[0] == 404


def test_with_a_token_nobody_else_is_told_anything() -> None:
    with serving(lambda: "secret\n", TOKEN) as server:
        assert asked(server, "/metrics")[0] == 401
        assert asked(server, "/metrics", Authorization="Bearer 0123456789abcdeX")[0] == 401
        assert "secret" not in asked(server, "/metrics", Authorization="Bearer \xfc")[1]
        assert asked(server, "/metrics", Authorization=f"Bearer {TOKEN}") == (200, "secret\n")


def test_an_address_that_others_reach_needs_a_token() -> None:
    with pytest.raises(UserError, match="no token is set"):
        MetricsServer("0.0.0.0", 0, "", str)


def test_an_address_that_is_taken_is_told_in_one_line() -> None:
    with serving(str) as server, pytest.raises(UserError, match="cannot listen on"):
        MetricsServer(*server.address, "", str)


def test_a_process_says_what_it_is_and_what_it_takes() -> None:
    text = MetricsText()
    add_process(text, "core", "1.2.3", 1_700_000_000.5)
    found = families(text.text())
    assert found["spymaster_build_info"].samples == {(("role", "core"), ("version", "1.2.3")): 1.0}
    assert found["spymaster_started_timestamp_seconds"].samples == {(): 1_700_000_000.5}
    assert found["spymaster_process_cpu_seconds_total"].samples[()] > 0.0
    assert found["spymaster_process_threads"].samples[()] >= 1.0


@pytest.mark.parametrize("words", ["plain", 'a "quoted" word', "back\\slash", "two\nlines", "Äöü €", "", 'x="y",z="'])
def test_any_text_is_a_label_that_reads_back(words: str) -> None:
    text = MetricsText()
    text.add("x", "gauge", "Some.", [({"a": words, "b": "c"}, 1.5)])
    assert families(text.text())["spymaster_x"].samples == {(("a", words), ("b", "c")): 1.5}


@pytest.mark.parametrize("value", [0.0, -1.0, 1e300, 0.1, 123456789012345678.0, float("inf"), float("-inf")])
def test_any_number_reads_back_exactly(value: float) -> None:
    text = MetricsText()
    text.add("x", "gauge", "Some.", value)
    assert families(text.text())["spymaster_x"].samples == {(): value}


def test_what_is_not_known_is_left_out_whole() -> None:
    text = MetricsText()
    text.add("x", "gauge", "Some.", float("nan"))
    assert json.dumps(text.text()) == '""'
