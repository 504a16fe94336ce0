"""`make bench-content LIBRARY=path`: content at scale, measured on a library of Markdown articles.

What was imported, how fast it is checked and compiled, how fast and how well guides are found in it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import content_find, content_import


def main(arguments: Sequence[str]) -> int:
    """Print a table; the exit code is 1 when an aim is missed, 2 when there is no library."""
    library = Path(arguments[0]) if arguments else None
    if library is None or not library.is_dir():
        sys.stderr.write("Which library? make bench-content LIBRARY=path/of/the/articles\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        content, work = Path(folder) / "content", Path(folder) / "work"
        content.mkdir()
        work.mkdir()
        rows = _told(content_import.run(library, content))
        rows += _told(content_find.run(content, work))
    return 0 if all(row.met for row in rows) else 1


def _told(rows: Sequence[content_import.Row]) -> list[content_import.Row]:
    for row in rows:
        mark = " " if row.met else "!"
        sys.stdout.write(f"{mark} {row.what:<66} {row.measured:>22}  {row.aim}\n")
    sys.stdout.flush()
    return list(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
