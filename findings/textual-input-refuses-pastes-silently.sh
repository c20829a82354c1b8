#!/usr/bin/env bash
# Expected: a number field takes what it shows how to type, or says that it refuses. In textual 8.2.8 an Input of type
# "number" drops the comma of a typed 6,012.25 and keeps 6012.25, but a pasted "6,012.25" or " 7", a text one character
# over max_length, or one that begins with a line break inserts nothing at all, valid digits included, with no message.
# Prices are pasted from other programs with thousands commas and blanks: the old value stays and gets submitted.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "textual==8.2.8"

cat >"$work/paste.py" <<'PY'
import asyncio, sys
from importlib.metadata import version

from textual import events
from textual.app import App
from textual.widgets import Input

SEEN = []


class Field(App):
    def __init__(self, **options):
        super().__init__()
        self.options = options

    def compose(self):
        yield Input(value="5", **self.options)

    def on_input_changed(self, event):
        SEEN.append(event.value)


async def after(text, typed=False, **options):
    app = Field(**options)
    async with app.run_test() as pilot:
        await pilot.pause()
        field = app.query_one(Input)
        field.clear() if typed else field.action_end()
        await pilot.pause()
        SEEN.clear()
        if typed:
            await pilot.press(*text)
        else:
            app.post_message(events.Paste(text))
        await pilot.pause()
        return field.value, len(SEEN), len(app._notifications)


async def main():
    print("textual", version("textual"), '- each field holds "5" before the paste')
    typed = await after("6,012.25", typed=True, type="number")
    print(f'typed   "6,012.25" into an empty number field -> {typed[0]!r}')
    cases = [
        ("6,012.25", {"type": "number"}),
        (" 7", {"type": "number"}),
        ("012345", {"max_length": 6}),
        ("\n6012.25", {}),
    ]
    silent = True
    for text, options in cases:
        value, changes, messages = await after(text, **options)
        print(f"pasted  {text!r} into Input({options}) -> {value!r}, {changes} changes, {messages} messages")
        silent &= (value, changes, messages) == ("5", 0, 0)
    sys.exit(not (silent and typed[0] == "6012.25"))


asyncio.run(main())
PY
timeout 120 "$work/venv/bin/python" "$work/paste.py"
