#!/usr/bin/env bash
# Expected: two lines typed into a Textual Input ("12 Enter 34 Enter") are submitted as "12" and "34" however the bytes
# arrive. With textual 8.2.8 they are when each key comes by itself, and in the toolkit's own Pilot; in one write to the
# terminal (a lagging link, `tmux send-keys`) the later keys reach the field before Enter is acted upon: "1234" twice.
# It matters wherever a line is typed ahead: the program acts on a number that nobody typed, and no Pilot test shows it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "textual==8.2.8"

cat >"$work/app.py" <<'PY'
import sys

from textual.app import App
from textual.widgets import Input


class Lines(App):
    def compose(self):
        yield Input()

    def on_mount(self):
        self.lines = []
        self.call_after_refresh(lambda: open(sys.argv[1], "w").close())

    def on_input_submitted(self, event):
        self.lines.append(event.value)
        event.input.clear()
        if len(self.lines) == 2:
            self.exit(self.lines)


if __name__ == "__main__":
    print("submitted:", Lines().run())
PY

cat >"$work/type.py" <<'PY'
import asyncio, os, pathlib, pty, subprocess, sys, threading, time
from importlib.metadata import version

work = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(work))
sys.argv[1:] = [str(work / "unused")]


def typed(pieces, name):
    ready = work / name
    master, slave = pty.openpty()
    program = [sys.executable, str(work / "app.py"), str(ready)]
    child = subprocess.Popen(program, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    out = bytearray()

    def read():
        try:
            while data := os.read(master, 65536):
                out.extend(data)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(600):
        if ready.exists():
            break
        time.sleep(0.05)
    time.sleep(0.5)
    for piece in pieces:
        os.write(master, piece)
        time.sleep(0.1)
    child.wait(30)
    reader.join(5)
    said = out.decode(errors="replace").rpartition("submitted: ")[2].splitlines()
    return said[0] if said else "nothing"


async def by_pilot():
    from app import Lines

    app = Lines()
    async with app.run_test() as pilot:
        await pilot.press("1", "2", "enter", "3", "4", "enter")
    return str(app.return_value)


seen = {
    "key by key": typed([b"1", b"2", b"\r", b"3", b"4", b"\r"], "slow"),
    "in one write": typed([b"12\r34\r"], "fast"),
    "by the Pilot": asyncio.run(by_pilot()),
}
print("textual", version("textual"))
for how, lines in seen.items():
    print(f"12 Enter 34 Enter, {how}: {lines}")
expected = {"key by key": "['12', '34']", "in one write": "['1234', '1234']", "by the Pilot": "['12', '34']"}
sys.exit(seen != expected)
PY
timeout 120 "$work/venv/bin/python" "$work/type.py" "$work"
