"""What the project's pages and locks promise is so."""

import json
import re
from pathlib import Path

import pytest

from dialogs.content import check_files

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md")


def test_the_guide_to_copy_is_sound(tmp_path: Path) -> None:
    """The example guide of CONTRIBUTING.md has no mistake, so whoever copies it begins well."""
    found = re.search(r"```yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    guide = tmp_path / "vpn-drops.yaml"
    guide.write_text(found[1], encoding="utf-8")
    assert check_files([guide]) == []


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Every link from README or CONTRIBUTING to a file of this project names one that exists, and its heading too."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#([\w-]+))?\)", (ROOT / page).read_text("utf-8")):
        assert (ROOT / target).exists(), target
        assert not heading or heading in headings(ROOT / target)


def test_the_picture_is_there() -> None:
    """The README's picture exists, says in words what it shows, and loads fast."""
    images = re.findall(r'<img src="([^"]+)"[^>]*? alt="([^"]{20,})"', (ROOT / "README.md").read_text("utf-8"))
    assert images
    for path, _ in images:
        assert (ROOT / path).stat().st_size < 300_000


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_pages_name_exist(page: str) -> None:
    """Every `make …` that README or CONTRIBUTING tells people to type is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"(?:^ {4}|`|&& |\d )make (\w+)", text, re.MULTILINE)
    assert named
    assert set(named) <= targets


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt", "bench.txt"])
def test_python_locks_are_complete(lock: str) -> None:
    """Each requirement has one version and at least one hash, and no line an address: any index will do."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert [block for block in blocks if not re.match(r"[\w.-]+==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", block)] == []


def test_both_python_locks_agree() -> None:
    """What runs is what was tested: every version in the runtime lock is the one in the development lock."""
    runtime, dev = (
        set(re.findall(r"^[\w.-]+==[^\s\\]+", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE))
        for name in ("runtime.txt", "dev.txt")
    )
    assert runtime <= dev


def test_the_npm_lock_is_complete() -> None:
    """npm packages are asked for by exact version, and locked with hashes and without addresses."""
    wanted = json.loads((ROOT / "tests/web/package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((ROOT / "tests/web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    packages = {name: package for name, package in locked.items() if name}
    assert {f"node_modules/{name}" for name in wanted} <= set(packages)
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made from their words."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in found}
