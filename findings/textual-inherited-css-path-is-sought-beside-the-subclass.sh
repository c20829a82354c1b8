#!/usr/bin/env bash
# Expected: a screen class with `CSS_PATH = "page.tcss"`, whose stylesheet lies beside its module, can be subclassed from
# any other folder. With textual 8.2.8 the inherited path is joined to the folder of the subclass: pushing the screen
# raises StylesheetError there, and nothing is said before, neither on import nor when the screen is made.
# It matters when a screen is moved: types and imports stay right, and the program ends at the moment it is opened.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "textual==8.2.8"

mkdir -p "$work/base" "$work/other"
touch "$work/base/__init__.py" "$work/other/__init__.py"
echo 'Page { background: red; }' >"$work/base/page.tcss"
cat >"$work/base/page.py" <<'PY'
from textual.screen import Screen


class Page(Screen):
    CSS_PATH = "page.tcss"
PY
cat >"$work/base/near.py" <<'PY'
from base.page import Page


class Near(Page):
    pass
PY
cat >"$work/other/far.py" <<'PY'
from base.page import Page


class Far(Page):
    pass
PY
cat >"$work/try.py" <<'PY'
import asyncio
from importlib.metadata import version

from base.near import Near
from other.far import Far
from textual.app import App


async def opened(screen):
    try:
        async with App().run_test() as pilot:
            await pilot.app.push_screen(screen())
            return "opened"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


print("textual", version("textual"))
near, far = asyncio.run(opened(Near)), asyncio.run(opened(Far))
print("subclass beside the stylesheet:", near)
print("subclass in another folder:    ", far.replace(__file__.rpartition("/")[0], "..."))
raise SystemExit(not (near == "opened" and far.startswith("StylesheetError") and "other/page.tcss" in far))
PY
PYTHONPATH="$work" "$work/venv/bin/python" "$work/try.py"
