"""JSON Schemas of the files that authors write, for editors that complete and check while somebody types.

Made from the models that `helpbot check` uses, so that both agree; what hangs together across a file (that a step
exists, that answers differ) only `check` knows.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from dialogs.guide import Guide
from dialogs.model_mistakes import MEANING
from dialogs.translation import GuideWords

KINDS: dict[str, type[BaseModel]] = {"guide": Guide, "translation": GuideWords}
_TITLES = {
    "guide": "A guide of helpbot: guides/<id>.yaml",
    "translation": "A guide in another language: guides/<id>.<language>.yaml",
}


def schema(kind: str) -> str:
    """The schema for one of `KINDS` as JSON, with a line break at its end; KeyError for any other."""
    made = KINDS[kind].model_json_schema()
    _tidy(made)
    made.get("properties", {}).pop("version", None)  # filled in by the loader
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind]}
    return json.dumps({**head, **{k: v for k, v in made.items() if k != "title"}}, indent=2, ensure_ascii=False) + "\n"


def _tidy(part: Any) -> None:
    """Descriptions for people, no titles that only repeat a key, places to fill in left empty allowed."""
    if isinstance(part, list):
        for each in part:
            _tidy(each)
    if not isinstance(part, dict):
        return
    for name, field in part.get("properties", {}).items():
        if isinstance(field, dict):
            field.pop("title", None)
            if name in MEANING and "description" not in field:
                field["description"] = MEANING[name]
    if isinstance(said := part.get("description"), str):
        part["description"] = " ".join(said.split())
    if isinstance(pattern := part.get("pattern"), str):
        part["pattern"] = pattern.replace('\\"', '"')  # which Python allows and JavaScript does not
    for below in part.values():
        _tidy(below)
