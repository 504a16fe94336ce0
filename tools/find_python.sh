#!/bin/sh
# Prints a Python that can run this project: $PYTHON if it is set, else the first 3.11 to 3.13 on the path with venv and
# pip. Each candidate is run, not only looked up: a version manager leaves names on the path that start nothing.
works() {
    "$1" -c '
import sys
sys.exit(not (3, 11) <= sys.version_info < (3, 14))
' 2>/dev/null && "$1" -c 'import ensurepip, venv' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" && { command -v "$PYTHON"; exit 0; }
    echo "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13 with venv and pip." >&2
    exit 1
fi
for candidate in python3.11 python3.12 python3.13 python3 python; do
    works "$candidate" && { command -v "$candidate"; exit 0; }
done
{
    echo "No Python 3.11, 3.12 or 3.13 with venv and pip was found."
    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13),"
    echo "or name one that is not on the path: make setup PYTHON=/path/to/python3.12"
} >&2
exit 1
