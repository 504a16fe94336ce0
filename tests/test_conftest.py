"""The rules of the test run itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPS_ONE = "import pytest\n\ndef test_a() -> None:\n    pytest.skip('no browser')\n"
SKIPS_ALL = "import pytest\n\npytest.skip('no browser', allow_module_level=True)\n"


def run_pytest(test: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """Run one file as this project's tests are run."""
    config = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(ROOT),
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *config, str(test)],
        cwd=ROOT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("source", [SKIPS_ONE, SKIPS_ALL], ids=["a test", "a module"])
def test_a_skip_fails_under_ci(tmp_path: Path, source: str) -> None:
    """Under CI a skipped test or module fails the run, and the reason is shown."""
    test = tmp_path / "test_it.py"
    test.write_text(source, encoding="utf-8")
    ended = run_pytest(test, ci="true")
    assert ended.returncode not in (0, 5)
    assert "no browser" in ended.stdout
    assert "Under CI a skip is a failure" in ended.stdout


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    """On a person's own machine a skipped test is only reported."""
    test = tmp_path / "test_it.py"
    test.write_text(SKIPS_ONE, encoding="utf-8")
    ended = run_pytest(test, ci="")
    assert ended.returncode == 0
    assert "1 skipped" in ended.stdout
