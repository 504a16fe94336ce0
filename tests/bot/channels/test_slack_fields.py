"""How the body of a request from Slack is read."""

from __future__ import annotations

import json
from urllib.parse import quote_plus, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack_fields import decode
from bot.errors import Refused


@given(st.dictionaries(st.text("a=%+&\n é\U0001f600\\\"'_", max_size=9), st.text(max_size=40), max_size=4))
def test_a_form_says_what_its_json_says(found: dict[str, str]) -> None:
    """Whatever stands in the JSON of a form's field, it is read as it was written."""
    written = json.dumps(found, ensure_ascii=False)
    assert decode(f"payload={quote_plus(written)}", form=True) == found


@pytest.mark.parametrize("said", ["%zz", "a%", "%%", "%4", "=", "a==b", "a%\n", "a =\n b", "é", "é%z", "%3D%3d", "_"])
def test_odd_escapes_are_read_as_by_the_standard_library(said: str) -> None:
    """What is no escape stays as it is, and a sign that is written as itself is itself."""
    body = f"payload=%7B%22a%22:%22{said}%22%7D"
    meant = unquote_plus(f"%7B%22a%22:%22{said}%22%7D")
    if "\n" in meant:  # in JSON a line break stands as two signs
        with pytest.raises(Refused):
            decode(body, form=True)
    else:
        assert decode(body, form=True) == json.loads(meant)


def test_bytes_that_are_no_text_are_refused() -> None:
    """A form whose escapes are not UTF-8 is none."""
    with pytest.raises(Refused) as caught:
        decode("payload=%7B%22a%22:%22%FF%22%7D", form=True)
    assert caught.value.status == 400
