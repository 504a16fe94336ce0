#!/bin/sh
# Installs helpbot with its pinned dependencies into a folder of its own; then PREFIX/bin/helpbot runs it.
#
#     PYTHON=python3.13 deploy/install.sh PREFIX
#
# The Dockerfile runs this, and so do the tests. It needs no right to write to the checkout, and leaves neither pip nor
# setuptools in PREFIX: what runs there can't install anything. PYTHON needs pip 22.3 or newer.
set -eu

prefix=${1:?which folder to install into? deploy/install.sh PREFIX}
python=${PYTHON:-python3}
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pip() {
    "$python" -m pip --python "$prefix/bin/python" --quiet --quiet --disable-pip-version-check --no-input "$@"
}

"$python" -m venv --without-pip "$prefix"

# setuptools first, and with its hash too: a few packages have no wheel, and pip would else fetch an unpinned one to
# build them. It builds our own wheel as well.
sed -n '/^setuptools==/,/[^\\]$/p' "$checkout/requirements/dev.txt" > "$work/setuptools.txt"
pip install --require-hashes -r "$work/setuptools.txt"
pip install --require-hashes --no-build-isolation -r "$checkout/requirements/runtime.txt"

# Building writes beside the sources: it is done in a copy.
mkdir "$work/source"
for name in pyproject.toml setup.py README.md LICENSE bot dialogs content manifest; do
    cp -R "$checkout/$name" "$work/source/$name"
done
chmod -R u+w "$work/source"
pip install --no-deps --no-index --no-build-isolation "$work/source"

pip uninstall --yes setuptools
