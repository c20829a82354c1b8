"""The shipped recordings: how each was made, and what is said of them in their manifests and in ``docs evidence``.

``python -m tests.support.shipped_recordings make [NAME ...]`` makes them anew (all without a name), ``figures`` only
judges them anew by ``evaluate signals``: after a change of the engine, or where nothing of the market has changed.
Both write the figures where they stand.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from spymaster.market.manifest import MANIFEST_NAME, RecordingFigure, RecordingManifest, encode_manifest, load_manifest

ROOT: Final = Path(__file__).parents[2]
RECORDINGS: Final = ROOT / "recordings"
EVIDENCE: Final = ROOT / "src" / "spymaster" / "docs" / "evidence.md"
BEGIN: Final = "<!-- shipped recordings: begin -->"
END: Final = "<!-- shipped recordings: end -->"


class Shipped(msgspec.Struct, frozen=True):
    """``options``: what ``simulate recordings/NAME`` is given; ``story``: what it shows and why that seed."""

    options: str
    story: str


SHIPPED: Final = {
    "first-look": Shipped(
        "--scenario mix --intensity midday --options --seed 172 --minutes 7",
        "Something of everything; of 260 seeds one with a touch within half a minute and an alert within two.",
    ),
    "gamma-squeeze": Shipped(
        "--scenario squeeze --intensity open --options --profile spy --seed 37 --minutes 5",
        "Dealers short of gamma help price through a strike, where it stays; the seed was chosen for its story.",
    ),
    "opening-drive": Shipped(
        "--scenario vacuum --intensity open --seed 9 --minutes 7",
        "Price drives through vacuums; of ten seeds one in which breaks are called.",
    ),
    "wall-holds": Shipped(
        "--scenario wall --intensity midday --seed 96 --minutes 6 --oracle 4",
        "Walls that hold, one of them touched within a minute; of a hundred seeds one that shows it soon.",
    ),
}


def command_of(name: str) -> str:
    """The command that makes a recording."""
    return f"simulate recordings/{name} {SHIPPED[name].options}"


def make(name: str) -> None:
    """Make a recording anew by its command, in the place of the one that is there."""
    from typer.testing import CliRunner

    from spymaster.cli.main import app

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / name
        result = CliRunner().invoke(app, ["simulate", str(made), *shlex.split(SHIPPED[name].options)])
        if result.exit_code:
            raise SystemExit(result.output)
        shutil.rmtree(RECORDINGS / name)
        shutil.copytree(made, RECORDINGS / name)


def figures_of(folder: Path) -> tuple[RecordingFigure, ...]:
    """What the program's signals are worth in a recording: by kind of what was at work, and whether they were right."""
    from spymaster.cli.market.evaluate_worlds import plan_of
    from spymaster.evaluate.worlds.judge_recording import About, judge_recording
    from spymaster.evaluate.worlds.world_record import ENGINE

    record = judge_recording(folder, plan_of(folder, None), About(folder.name, "first"), with_naive=False, tell=False)
    found = []
    for kind in dict.fromkeys(one.kind for one in record.episodes):
        own = [one for one in record.episodes if one.kind == kind]
        for signal, times in (("BREAK", "breaks"), ("REJECT", "rejects")):
            hits = sum(bool(getattr(one, times).get(ENGINE)) for one in own)
            found.append(_share(f"{kind} -> {signal}", hits, len(own)))
    alerts = record.alerts.get(ENGINE, ())
    for kind, planted in record.planted.items():
        if kind.startswith("GAMMA") and planted:
            hits = sum(one.planted == kind and one.signal == "BREAK" for one in alerts)
            found.append(_share(f"{kind} -> BREAK", min(hits, planted), planted))
    for signal in ("BREAK", "REJECT"):
        judged = [one for one in alerts if one.signal == signal and one.right is not None]
        if judged:
            found.append(_share(f"{signal} right", sum(bool(one.right) for one in judged), len(judged)))
    return tuple(found)


def _share(name: str, hits: int, of: int) -> RecordingFigure:
    return RecordingFigure(name, round(hits / of, 4), of)


def write_figures(name: str) -> None:
    """Judge a recording and write story and figures into its manifest."""
    folder = RECORDINGS / name
    manifest = load_manifest(folder)
    said = msgspec.structs.replace(manifest, story=SHIPPED[name].story, figures=figures_of(folder))
    (folder / MANIFEST_NAME).write_bytes(encode_manifest(said))


def table() -> str:
    """The shipped recordings with their figures, from their manifests."""
    rows = ["| recording, made by | what it shows | signals |", "|---|---|---|"]
    for name in SHIPPED:
        manifest = load_manifest(RECORDINGS / name)
        rows.append(f"| `{command_of(name)}` | {manifest.story} | {_in_words(manifest)} |")
    return "\n".join(rows)


def _in_words(manifest: RecordingManifest) -> str:
    return "; ".join(f"{one.name} {round(one.value * one.of)} of {one.of}" for one in manifest.figures)


def with_table(evidence: str) -> str:
    """The document with the table of today between its marks. Raises ValueError where a mark is missing."""
    before, first, rest = evidence.partition(BEGIN)
    _, last, after = rest.partition(END)
    if not first or not last:
        raise ValueError(f"{EVIDENCE.name}: a table stands between {BEGIN} and {END}; a mark is missing")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str]) -> None:
    """``make`` or ``figures``, and names."""
    if arguments[:1] not in (["make"], ["figures"]):
        raise SystemExit(__doc__)
    for name in arguments[1:] or SHIPPED:
        if arguments[0] == "make":
            make(name)
        write_figures(name)
        print(name, _in_words(load_manifest(RECORDINGS / name)), file=sys.stderr)
    EVIDENCE.write_text(with_table(EVIDENCE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
