"""What crosses beside plain words, with each side on each platform: formatting, pictures, files."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from bot.storage.registry import make_store
from tests import slack
from tests.handoff.sides import STAFF, USERS, Place, SlackStaff, Staff, User, both
from tests.handoff.test_four_ways import WAYS, a_case

Json = dict[str, Any]
BASE = "https://help.example"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def picture(place: Place, way: str, content: bytes = PNG) -> Json:
    """A picture in the user's message, as their platform tells of it."""
    if way[0] == "T":
        url = place.stand.connector.picture("shot", content)
        return {"attachments": [{"contentType": "image/png", "contentUrl": url, "name": "shot.png"}]}
    return {"files": [in_slack(place, "shot.png", content)], "subtype": "file_share"}


def in_slack(place: Place, name: str, content: bytes) -> Json:
    """A file that lies in Slack."""
    place.slack.files[name] = content
    url = f"{place.slack.url.removesuffix('/api')}/files/{name}"
    return {"id": "F1", "name": name, "mimetype": "image/png", "size": len(content), "url_private_download": url}


def links(place: Place) -> list[str]:
    """The links to files that were given, in order, without the host."""
    sent = [json.dumps(s.body) for s in place.stand.connector.sent] + [json.dumps(c.body) for c in place.slack.of()]
    found = re.findall(rf"{BASE}(/files/[^\s\"\\)|>]+)", " ".join(sent))
    return list(dict.fromkeys(html.unescape(link) for link in found))


def uploaded(place: Place) -> tuple[str, bytes]:
    """Name and content of the newest file that came into Slack; it came behind all words."""
    done = place.slack.of("files.completeUploadExternal")[-1]
    posted = place.slack.of("chat.postMessage")
    assert [call for call in place.slack.calls if call is done or call in posted][-1] is done
    (file,) = done.body["files"]
    return file["title"], place.slack.uploaded[file["id"]]


@pytest.mark.parametrize("way", WAYS)
async def test_a_picture_reaches_the_staff(way: str) -> None:
    """A picture in a message arrives behind its words to the byte: in Slack itself, in Teams as a link."""
    async with both(make_store("sqlite:///:memory:"), public_url=BASE) as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        await user.say("look at this", **picture(place, way))
        seen = staff.seen(case)
        assert "look at this" in seen
        if way[1] == "S":
            assert uploaded(place) == ("shot.png", PNG)
        else:
            assert seen.index("look at this") < seen.index("shot.png (10 KB)")
            (link,) = links(place)
            given = await place.stand.client.get(link)
            assert (given.status, given.content_type, await given.read()) == (200, "image/png", PNG)
        assert "could not be passed on" not in user.seen()
        await staff.mention("Anna", "files", case)
        assert "is also a command" in staff.seen(case)


@pytest.mark.parametrize("way", WAYS)
async def test_a_file_that_is_too_large_is_told(way: str) -> None:
    """Both sides read so, and the words arrive."""
    async with both(make_store("sqlite:///:memory:"), public_url=BASE, file_limit_mb=1) as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        await user.say("look at this", **picture(place, way, b"x" * 1_000_001))
        assert '"shot.png" could not be passed on: it is larger than 1 MB' in user.seen()
        assert "look at this" in staff.seen(case)
        assert "it is larger than 1 MB" in staff.seen(case)
        assert links(place) == []


@pytest.mark.parametrize("way", ["TS", "SS"])
async def test_an_agents_file_reaches_the_user(way: str) -> None:
    """Where the platform gives an agent's file to a bot, it goes to the user."""
    async with both(make_store("sqlite:///:memory:"), public_url=BASE) as place:
        user: User = USERS[way[0]](place)
        staff = SlackStaff(place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        channel, stamp = next(
            (channel, ts)
            for (channel, ts), m in place.slack.messages.items()
            if channel != slack.CHAT and case in str(m)
        )
        file = in_slack(place, "form.png", PNG)
        await place.in_slack(slack.said("fill this in", channel, slack.ANNA, thread=stamp, files=[file]))
        seen = user.seen()
        assert "fill this in" in seen
        if way[0] == "S":
            assert uploaded(place) == ("form.png", PNG)
        else:
            assert seen.index("fill this in") < seen.index("form.png (10 KB)")
            assert len(links(place)) == 1


def formatted(way: str) -> Json:
    """Words of which one is bold and one a link that names another address, as the platform sends them."""
    if way[0] == "T":
        content = '<p>it is <strong>red</strong>: <a href="https://evil.example/x">bank.example</a></p>'
        return {"attachments": [{"contentType": "text/html", "content": content}]}
    words = [
        {"type": "text", "text": "it is "},
        {"type": "text", "text": "red", "style": {"bold": True}},
        {"type": "text", "text": ": "},
        {"type": "link", "url": "https://evil.example/x", "text": "bank.example"},
    ]
    return {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}]}]}


@pytest.mark.parametrize("way", WAYS)
async def test_formatting_goes_across(way: str) -> None:
    """Bold is bold on the other side, and a link that looks like another address is none."""
    async with both(make_store("sqlite:///:memory:")) as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        await user.say("it is red: bank.example", **formatted(way))
        last = await place.store.transcript(case)
        assert last[-1].text == "it is **red**: [bank.example](https://evil.example/x)"
        if way[1] == "T":
            assert "it is **red**: bank.example (https://evil.example/x)" in str(place.stand.connector.sent[-1].body)
        else:
            shown = json.dumps([call.body for call in place.slack.of()][-1])
            assert re.search(r'"red", "style": \{"bold": true\}', shown)
            assert '"text": "bank.example"' not in shown
            assert "https://evil.example/x" in shown
