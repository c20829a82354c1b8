#!/usr/bin/env bash
# Expected: a Textual application that gets SIGTERM (a service manager, kill) or SIGHUP (a dropped connection) unmounts and
# gives the terminal back, as it does for SIGINT. What happens: it dies on the spot, with the alternate screen, the hidden
# cursor and mouse reports left on and no handler of the application run. It matters to whatever records or holds orders
# behind such a screen, and to the shell of a user whose mouse then types escape sequences.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install textual==8.2.8

cat > "$work/app.py" <<'PY'
import atexit
import sys

from textual.app import App

log = open(sys.argv[1], "a", buffering=1)
atexit.register(log.write, "atexit ")


class Plain(App):
    def on_unmount(self):
        log.write("unmount ")


try:
    Plain().run()
finally:
    log.write("finally ")
PY

cat > "$work/told.py" <<'PY'
"""Run the application in a terminal, send it a signal once it is drawn, and say how it ended."""
import os
import pty
import select
import signal
import subprocess
import sys
import time

app, log, number = sys.argv[1], sys.argv[2], signal.Signals[sys.argv[3]]
open(log, "w").close()
ours, theirs = pty.openpty()
process = subprocess.Popen(
    [sys.executable, app, log], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"}
)
os.close(theirs)
seen, told, give_up = b"", None, time.monotonic() + 60
while time.monotonic() < give_up:
    if select.select([ours], [], [], 0.1)[0]:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    if told is None and b"\x1b[?1000h" in seen and b"\x1b[?2026" in seen:
        time.sleep(1.0)
        process.send_signal(number)
        told = time.monotonic()
    if process.poll() is not None and not select.select([ours], [], [], 0.3)[0]:
        break
left = [name for name, end in (("alternate screen", b"\x1b[?1049l"), ("mouse", b"\x1b[?1000l")) if end not in seen]
ran = open(log).read().split()
print(f"{number.name}: status {process.wait()}; left on: {', '.join(left) or 'nothing'}; ran: {', '.join(ran) or 'nothing'}")
PY

"$work/venv/bin/python" -c 'from importlib.metadata import version; print("textual", version("textual"))'
for number in SIGINT SIGTERM SIGHUP; do
    "$work/venv/bin/python" "$work/told.py" "$work/app.py" "$work/log" "$number" | tee "$work/$number"
done
grep -q 'left on: nothing; ran: unmount, finally, atexit' "$work/SIGINT"
for number in SIGTERM SIGHUP; do
    grep -q 'left on: alternate screen, mouse; ran: nothing' "$work/$number" || { echo "the behaviour has changed" >&2; exit 1; }
done
