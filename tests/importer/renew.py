"""Writes golden.json anew: `python -m tests.importer.renew`. Look at the difference before it is committed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.importer.articles import ARTICLES
from tests.importer.build import import_all
from tests.importer.test_report import GOLDEN

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        report = import_all(Path(folder), ARTICLES).as_json()
    GOLDEN.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
