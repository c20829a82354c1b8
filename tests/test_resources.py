"""The packaged files are found from a checkout, an editable install and a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spymaster import resources
from spymaster.errors import UserError

CHECKOUT = Path(__file__).resolve().parent.parent
REPORT = """
import json
from spymaster import resources
print(json.dumps({
    "package": resources.__file__,
    "config": resources.config_toml(),
    "themes": sorted(path.name for path in resources.themes_dir().iterdir()),
    "recording": str(resources.bundled_recording()),
    "docs": sorted(path.name for path in resources.docs_dir().iterdir()),
}))
"""
BUNDLED_LIMIT_BYTES = 3_500_000


def report(folder: Path, python_path: Path, prelude: str = "") -> dict[str, str | list[str]]:
    """What a fresh interpreter in ``folder`` finds with nothing installed but ``python_path``."""
    environment = {**os.environ, "PYTHONPATH": str(python_path)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", prelude + REPORT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str | list[str]] = json.loads(done.stdout)
    return found


def build(kind: str, folder: Path) -> Path:
    """Build a wheel of the checkout with its own build backend, unpacked into ``folder``; no network."""
    code = f"from hatchling.build import build_{kind}; build_{kind}({str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("spymaster_tui-*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.fixture(scope="module")
def wheel_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def editable_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("editable", tmp_path_factory.mktemp("editable"))


def checkout_themes() -> list[str]:
    return sorted(path.name for path in (CHECKOUT / "themes").iterdir())


def checkout_documents() -> list[str]:
    return sorted(path.name for path in (CHECKOUT / "src" / "spymaster" / "docs").iterdir())


def test_a_checkout_uses_its_own_files(tmp_path: Path) -> None:
    found = report(tmp_path, CHECKOUT / "src")
    assert found["config"] == (CHECKOUT / "config.toml").read_text(encoding="utf-8")
    assert found["themes"] == checkout_themes()
    assert found["recording"] == str(CHECKOUT / "recordings" / "first-look")
    assert found["docs"] == checkout_documents()


def test_an_editable_install_uses_the_checkout_and_carries_no_copy(tmp_path: Path, editable_site: Path) -> None:
    found = report(tmp_path, tmp_path, prelude=f"import site; site.addsitedir({str(editable_site)!r})\n")
    assert found["recording"] == str(CHECKOUT / "recordings" / "first-look")
    assert not (editable_site / "spymaster").exists()


def test_a_wheel_carries_the_files_it_needs(tmp_path: Path, wheel_site: Path) -> None:
    found = report(tmp_path, wheel_site)
    assert str(found["package"]).startswith(str(wheel_site))
    assert found["config"] == (CHECKOUT / "config.toml").read_text(encoding="utf-8")
    assert found["themes"] == checkout_themes()
    assert found["recording"] == str(wheel_site / "spymaster" / "_data" / "recordings" / "first-look")
    assert found["docs"] == checkout_documents()


def test_the_bundled_recording_is_whole_and_small(wheel_site: Path) -> None:
    source, packaged = (root / "recordings" / "first-look" for root in (CHECKOUT, wheel_site / "spymaster" / "_data"))
    sizes = {path.relative_to(packaged): path.stat().st_size for path in packaged.rglob("*") if path.is_file()}
    assert sizes == {path.relative_to(source): path.stat().st_size for path in source.rglob("*") if path.is_file()}
    assert 0 < sum(sizes.values()) <= BUNDLED_LIMIT_BYTES


def test_a_wheel_holds_the_package_its_data_and_nothing_else(wheel_site: Path) -> None:
    assert {path.name for path in wheel_site.iterdir() if not path.name.endswith(".dist-info")} == {"spymaster"}
    assert (wheel_site / "spymaster" / "py.typed").is_file()
    assert {path.name for path in (wheel_site / "spymaster" / "_data").iterdir()} == {
        "config.toml",
        "recordings",
        "themes",
    }
    assert [path.name for path in (wheel_site / "spymaster" / "_data" / "recordings").iterdir()] == ["first-look"]


def test_an_incomplete_installation_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "src" / "spymaster")
    with pytest.raises(UserError, match=r"config\.toml: is missing from this installation; install .* again"):
        resources.config_toml()
