"""The JSON Schemas beside the content: they are those of the models, and fit what ships."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.schema import KINDS, schema

ROOT = Path(__file__).parents[1]
CONTENT = ROOT / "content"
FILES = sorted((CONTENT / "guides").glob("*.yaml"))
# What an editor does: YAML 1.2, where yes and no are words, and JSON Schema 2020-12.
VALIDATE = """
import fs from 'node:fs';
import YAML from 'yaml';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
const [schema, ...files] = process.argv.slice(1);
const ajv = new Ajv.default({ allErrors: true, strict: false });
formats.default(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(schema)));
const found = {};
for (const file of files) {
  validate(YAML.parse(fs.readFileSync(file, 'utf8'), { maxAliasCount: -1 }));
  found[file] = (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}
console.log(JSON.stringify(found));
"""


def kind(path: Path) -> str:
    """What the file's first line says of it."""
    found = re.match(r"# yaml-language-server: \$schema=\.\./(\w+)\.schema\.json\n", path.read_text("utf-8"))
    assert found, f"{path} does not name its schema in its first line"
    return found[1]


def told(name: str, *paths: Path) -> dict[str, list[str]]:
    """What Ajv says of these files."""
    web = ROOT / "tests" / "web"
    node = next(
        found for found in (ROOT / ".venv" / "bin" / "node", shutil.which("node")) if found and Path(found).exists()
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", VALIDATE, "--", CONTENT / f"{name}.schema.json", *paths],
        cwd=web, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_current(name: str) -> None:
    """The committed schema is the one that the models make; `helpbot schema --out content` writes it anew."""
    assert (CONTENT / f"{name}.schema.json").read_text("utf-8") == schema(name)


def test_what_ships_fits() -> None:
    """Every guide and translation names its schema and is right by it, as an editor sees it."""
    for name in KINDS:
        files = [path for path in FILES if ".talk." not in path.name and kind(path) == name]
        assert files
        assert told(name, *files) == {str(path): [] for path in files}


def test_an_editor_sees_mistakes(tmp_path: Path) -> None:
    """A key with a slip, and one that is missing, are marked while somebody types."""
    guide: dict[str, Any] = yaml.safe_load((ROOT / "tests/fixtures/library/guides/vpn.yaml").read_text("utf-8"))
    guide["titel"] = guide.pop("title")
    path = tmp_path / "vpn.yaml"
    path.write_text(yaml.safe_dump(guide), "utf-8")
    found = told("guide", path)[str(path)]
    assert " must have required property 'title'" in found
    assert " must NOT have additional properties" in found


def test_keys_are_explained() -> None:
    """What a key is for is there to be shown beside it."""
    properties = json.loads(schema("guide"))["properties"]
    assert properties["review"]["description"].startswith("the day by which")
    assert "version" not in properties
