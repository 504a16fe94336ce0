"""Where the files that are not code lie: content/ and manifest/.

In a checkout they stand beside the packages, where authors edit them. In an installed wheel they stand in
`helpbot_data/`, beside the installed packages (see setup.py). Nothing here reads the environment or looks at the
working folder, so the answer is the same wherever the program is started.
"""

from pathlib import Path

_BESIDE = Path(__file__).resolve().parent.parent


def content_dir() -> Path:
    """The folder that holds `guides/`, `texts/` and `sources/`: the default of the setting HELPBOT_CONTENT_DIR."""
    return _find("content")


def manifest_dir() -> Path:
    """The folder that holds `teams/` and `slack/`: the app manifests and their icons."""
    return _find("manifest")


def _find(name: str) -> Path:
    """The installed folder if there is one, else the checkout's; it need not exist: whoever reads it says so better."""
    installed = _BESIDE / "helpbot_data" / name
    return installed if installed.is_dir() else _BESIDE / name
