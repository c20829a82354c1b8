"""The gateway's page in a real browser: levels and alerts appear, and a token is asked for where one is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

from websockets.sync.client import connect

from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.serving import Serving
from spymaster.bus.socket.places import own_folder
from spymaster.signals.feed_words import FeedWords
from tests.support import blocks
from tests.support.bus import CONFIG, TOKEN, served, until

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
pytestmark = pytest.mark.slow


class Page:
    """One page of a browser. ``text(id)``: what an element shows."""

    def __init__(self, url: str) -> None:
        self._opened = connect(url, proxy=None, max_size=None)
        self._socket = self._opened.__enter__()
        self._id = 0

    def evaluate(self, code: str) -> Any:
        """The value of JavaScript."""
        self._id += 1
        asked = {"id": self._id, "method": "Runtime.evaluate", "params": {"expression": code, "returnByValue": True}}
        self._socket.send(json.dumps(asked))
        while (answer := json.loads(self._socket.recv(60.0))).get("id") != self._id:
            pass
        return answer["result"]["result"].get("value")

    def text(self, element: str) -> str:
        """What an element shows."""
        return str(self.evaluate(f"document.getElementById('{element}').innerText"))

    def close(self) -> None:
        """Leave it."""
        self._opened.__exit__(None, None, None)


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Any]:
    """Opens a URL in a browser without a window."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("this system has no browser")
    running: list[subprocess.Popen[str]] = []
    pages: list[Page] = []

    def opened(url: str) -> Page:
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
        folder = tmp_path / f"browser-{len(running)}"
        process = subprocess.Popen([*command, f"--user-data-dir={folder}", url], stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
                break
        else:
            pytest.skip("this system does not let its browser run")
        there: list[str] = []

        def is_there() -> bool:
            with urllib.request.urlopen(f"http://{found[1]}/json/list") as answer:
                there[:] = [t["webSocketDebuggerUrl"] for t in json.load(answer) if t["url"].startswith(url)]
            return bool(there)

        until(is_there, "the page")
        pages.append(Page(there[0]))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
    for process in running:
        process.kill()
        process.wait()


def snap(serving: Serving, k: int, **block: Any) -> None:
    levels = [blocks.level(), blocks.level(price=4806.0, tick=19224.0, direction=1.0, signal=0.0)]
    serving.on_block(blocks.block(levels, first_ns=blocks.T0_NS + k * blocks.SNAP_NS, **block))


def test_levels_and_alerts_are_shown_as_they_come(tmp_path: Path, browse: Any) -> None:
    with served(own_folder(tmp_path / "run"), GatewayPlan("127.0.0.1", 0)) as (_, serving):
        assert serving.address is not None
        serving.begins(CONFIG, FeedWords())
        snap(serving, 0)
        page = browse(f"http://127.0.0.1:{serving.address[1]}/")
        until(lambda: "ROUND_4805" in page.text("levels"), "the level")
        assert "4805.00" in page.text("levels")
        assert "VACUUM" in page.text("levels")
        assert page.text("spot") == "ES 4805.50"
        assert "depth GREEN" in page.text("trust")
        assert page.text("alerts") == ""
        snap(serving, 1, alerts=[blocks.alert()], spot=4806.25)
        until(lambda: "ROUND_4805" in page.text("alerts"), "the alert")
        assert "▶ BREAK ↓" in page.text("alerts")
        assert page.text("active") == "1 active"
        assert page.text("sentence") == "ROUND_4805: bids pulled 158 against 10 added in 10 s, none eaten"
        until(lambda: page.text("spot") == "ES 4806.25", "the price")
        until(lambda: page.text("link") == "connected", "the word")
        until(lambda: page.text("mode") == "LIVE", "what the session says of itself")
        assert page.evaluate("document.querySelectorAll('#levels tr').length") == 2
        assert page.evaluate("document.getElementById('door').hidden") is True


def test_the_page_asks_for_the_token_and_shows_nothing_without_it(tmp_path: Path, browse: Any) -> None:
    with served(own_folder(tmp_path / "run"), GatewayPlan("127.0.0.1", 0, TOKEN)) as (_, serving):
        assert serving.address is not None
        serving.begins(CONFIG, FeedWords())
        snap(serving, 0)
        page = browse(f"http://127.0.0.1:{serving.address[1]}/")
        until(lambda: page.evaluate("document.getElementById('door').hidden") is False, "the question")
        assert page.text("levels") == ""
        page.evaluate(f"document.getElementById('token').value = '{TOKEN}'")
        page.evaluate("document.getElementById('door').requestSubmit()")
        until(lambda: "ROUND_4805" in page.text("levels"), "the level")
        assert TOKEN not in str(page.evaluate("location.href + document.documentElement.outerHTML"))
