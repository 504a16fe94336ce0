"""The wheel: everything that a running bot needs is in it, and is found from any folder."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.resources import content_dir, manifest_dir

ROOT = Path(__file__).parent.parent
SOURCES = ("bot", "dialogs", "content", "manifest")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
WHERE = "from bot.resources import content_dir, manifest_dir; print(content_dir()); print(manifest_dir())"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with a wheel in its `dist/`: nothing is left behind in the checkout."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(copy / "dist"), str(copy))
    return copy


@pytest.fixture
def wheel(source: Path) -> Path:
    """The wheel that was built."""
    return next((source / "dist").glob("*.whl"))


def test_the_wheel_holds_every_file(source: Path, wheel: Path) -> None:
    """Each file of the two packages, of content/ and of manifest/ is in the wheel."""
    held = set(zipfile.ZipFile(wheel).namelist())
    missing = [str(path) for path in _files(source) if _installed_name(path) not in held]
    assert missing == []


def test_an_installed_wheel_finds_its_files(source: Path, wheel: Path, tmp_path: Path) -> None:
    """Installed and started in an empty folder, the program reads the installed content, not the checkout's."""
    site = tmp_path / "site"
    _pip("install", "--no-deps", "--target", str(site), str(wheel))
    empty = tmp_path / "empty"
    empty.mkdir()
    asked = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {WHERE}"]
    said = subprocess.run(asked, cwd=empty, capture_output=True, text=True, check=True).stdout.split()
    assert said == [str(site / "helpbot_data" / "content"), str(site / "helpbot_data" / "manifest")]
    assert sorted(path.name for path in Path(said[0]).rglob("*.yaml")) == sorted(
        path.name for path in (source / "content").rglob("*.yaml")
    )


def test_a_checkout_uses_its_own_files() -> None:
    """In a checkout, content and manifest are the folders that authors edit."""
    assert (content_dir(), manifest_dir()) == (ROOT / "content", ROOT / "manifest")


def _files(source: Path) -> list[Path]:
    return [path.relative_to(source) for name in SOURCES for path in (source / name).rglob("*") if path.is_file()]


def _installed_name(path: Path) -> str:
    return path.as_posix() if path.parts[0] in ("bot", "dialogs") else f"helpbot_data/{path.as_posix()}"


def _pip(*args: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, *args], check=True, capture_output=True, timeout=120)
