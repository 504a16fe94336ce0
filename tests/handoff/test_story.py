"""A whole hand-off, over HTTP with signed tokens and a recording connector: what each side saw, in order."""

from __future__ import annotations

from bot.storage.registry import make_store
from dialogs.engine import Engine
from dialogs.turn import Incoming, Outcome, State
from tests import activities
from tests.handoff.story import ANNA, BEN, CHANNEL, EVE, IDENTITY, Story, conversation, script, text_of
from tests.stand import stand


async def test_whole_story(database_url: str) -> None:
    """Guide, no luck, summary, queue, claim, messages both ways with a picture, note, transfer, second claim, close,
    rating."""
    store = make_store(database_url)
    async with stand(
        script=script(), store=store, admins=(ANNA["aadObjectId"],), public_url="https://help.example"
    ) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL, "identity": IDENTITY})
        await story.say("my partner never got the mail I sent")
        text = " ".join(await story.say("talk to a person"))
        assert "This is what they will see" in text
        user, thread = sides(await story.press("send", text="It is urgent"))
        case = story.case_id()
        assert "You are number 1 in the queue of Identity and guests" in user
        assert case in user
        assert "It is urgent" in thread
        assert "The e-mail has not arrived" in thread
        user, thread = sides(await story.say("are you there?"))
        assert "**Alex Wilber:** are you there?" in thread
        answer = await story.staff(ANNA, "claim", case, IDENTITY)
        assert "With Anna" in str(answer)
        assert "Anna from the helpdesk is here now" in story.seen_by_user()
        for number in range(5):
            user, thread = sides(await story.say(f"words {number}"))
            assert f"words {number}" in thread
            assert user == "", "a relayed message is not answered by the bot"
            user, thread = sides(await story.mention(ANNA, f"answer {number}", case))
            assert f"**Anna:** answer {number}" in user
            assert "Delivered to Alex Wilber" in thread
        # The user pastes a picture into their words: both arrive, in this order, and then what is said next.
        picture = {"contentType": "image/*", "contentUrl": place.connector.picture("shot", PNG)}
        start = len(place.connector.sent)
        for said in (
            activities.message(place.service, "look at this", attachments=[picture]),
            activities.message(place.service, "the red line"),
        ):
            assert (await place.send(said)).status == 200
        await story.settle()
        words, shown, then = [s.body for s in place.connector.sent[start:] if s.conversation == story.thread(case)]
        assert ("look at this" in text_of(words), "the red line" in text_of(then)) == (True, True)
        image = next(each for each in shown["attachments"][0]["content"]["body"] if each["type"] == "Image")
        given = await place.client.get(image["url"].removeprefix("https://help.example"))
        assert (given.status, given.content_type, await given.read()) == (200, "image/png", PNG)
        assert place.connector.fetched[0].startswith("Bearer ")
        await story.staff(ANNA, "note", case, IDENTITY, text="a secret note")
        await story.mention(ANNA, "note: another secret", case)
        # A slip never reaches the user: a command word is asked about.
        user, thread = sides(await story.mention(ANNA, "clsoe", case))
        assert (user, "is also a command" in thread) == ("", True)
        # A colleague is refused, with a way to take over.
        user, thread = sides(await story.mention(BEN, "hello from Ben", case))
        assert (user, "Only Anna" in thread) == ("", True)
        assert "Only members" in str(await story.staff(EVE, "claim", case, IDENTITY))
        await story.staff(ANNA, "transfer", case, IDENTITY, to="queue:helpdesk", text="please look")
        assert "Anna has passed you on to Helpdesk" in story.seen_by_user()
        await story.staff(BEN, "claim", case)
        await story.staff(BEN, "reply", case, text="I am Ben")
        await story.staff(BEN, "guide", case, guide="guest-cannot-redeem")
        assert "Ben suggests that we go through this together" in story.seen_by_user()
        user, thread = sides(await story.press("answer", "inviter"))
        assert "Did the guest receive the invitation e-mail?" in user
        assert "The bot to Alex Wilber" in thread
        await story.press("answer", "no")
        user, thread = sides(await story.press("solved", ""))
        assert "The guide is done: it helped" in thread
        await story.staff(BEN, "close", case, ending="solved")
        assert "Ben has closed your case" in story.seen_by_user()
        await story.press("rate", solved="yes", rating="5", comment="thanks Ben")
        thread_all = " ".join(text_of(s.body) for s in place.connector.sent if s.conversation == story.thread(case))
        assert "Alex Wilber says: solved, Very good. thanks Ben" in thread_all
        for secret in ("secret", "clsoe", "hello from Ben", "please look"):
            assert secret not in story.seen_by_user()
        case_now = await place.store.case(case)
        assert case_now is not None
        assert (case_now.state, case_now.rating, case_now.rated_agent) == ("closed", 5, BEN["aadObjectId"])
        user, _ = sides(await story.say("hi"))
        assert user


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000


def sides(lines: list[str]) -> tuple[str, str]:
    """What went to the user, and what went to threads."""
    user = "\n".join(line for line in lines if line.startswith("user: "))
    return user, "\n".join(line for line in lines if line.startswith("thread: "))


async def test_changes_and_files_go_across() -> None:
    """Edited and deleted messages change their twins, both ways; a file goes over, an agent's does not, as is said."""
    async with stand(script=script(), admins=(ANNA["aadObjectId"],), public_url="https://help.example") as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.say("I want to talk to a person")
        await story.press("send")
        case = story.case_id()
        await story.staff(ANNA, "claim", case)
        said = activities.message(place.service, "the code is 123")
        await story.deliver(said)
        changed = {**said, "type": "messageUpdate", "text": "the code is 456", "timestamp": "t1"}
        _, thread = sides(await story.deliver(changed))
        assert "the code is 456 (edited)" in thread
        assert await story.deliver(changed) == [], "the same change once more is nothing new"
        await story.deliver({**said, "type": "messageDelete", "timestamp": "t2"})
        assert place.connector.sent[-1].method == "DELETE"
        where = {**conversation(CHANNEL), "id": story.thread(case)}
        answer = activities.mention(place.service, "try this", where, **{"from": ANNA})
        await story.deliver(answer)
        user, _ = sides(await story.deliver({**answer, "type": "messageUpdate", "text": "<at>Help</at> try that"}))
        assert "**Anna:** try that (edited)" in user
        info = {"downloadUrl": place.connector.file("trace", b"x" * 2000), "fileType": "log", "uniqueId": "1"}
        kind = "application/vnd.microsoft.teams.file.download.info"
        file = {"contentType": kind, "name": "trace.log", "content": info}
        user, thread = sides(await story.deliver(activities.message(place.service, "", attachments=[file])))
        assert (user, "[trace.log (2 KB)](https://help.example/files/" in thread) == ("", True)
        assert place.connector.fetched == [""], "whoever has the link of a file needs no token, and gets none"
        picture = {"contentType": "image/png", "contentUrl": "https://smba.example/1", "name": "shot.png"}
        user, thread = sides(await story.deliver(activities.message(place.service, "look", attachments=[picture])))
        assert '"shot.png" could not be passed on' in user
        assert "shot.png" in thread
        assert "look" in thread
        attached = activities.mention(place.service, "", where, **{"from": ANNA, "attachments": [file]})
        user, thread = sides(await story.deliver(attached))
        assert (user, "Attachments in a channel do not reach me" in thread) == ("", True)
        attached = activities.mention(place.service, "see this", where, **{"from": ANNA, "attachments": [file]})
        user, thread = sides(await story.deliver(attached))
        assert "see this" in user
        assert "Your words were sent, the attachment was not" in thread


async def test_one_channel_is_the_desk_of_two_queues() -> None:
    """A channel that is a desk already can be bound to another queue; only an administrator may."""
    async with stand(script=script(), admins=(ANNA["aadObjectId"],)) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.prepare({"identity": CHANNEL})
        ask = activities.mention(place.service, "desk helpdesk", conversation(CHANNEL), **{"from": BEN})
        assert "Only an administrator" in "".join(await story.deliver(ask))
        assert {d.queue: d.address.conversation for d in await place.store.desks()} == {
            "helpdesk": CHANNEL,
            "identity": CHANNEL,
        }


async def test_a_group_chat_is_no_desk() -> None:
    """A desk needs threads: in a group chat the bot says so, and binds nothing."""
    async with stand(script=script(), admins=(ANNA["aadObjectId"],)) as place:
        story = Story(place)
        ask = activities.mention(place.service, "desk helpdesk", activities.GROUP, **{"from": ANNA})
        assert "A desk must be a channel" in "".join(await story.deliver(ask))
        assert await place.store.desks() == []


async def test_desk_that_goes_away_while_the_summary_is_sent() -> None:
    """Who sends the summary off just when the desk is unbound gets the contact, never silence."""
    written = script()
    async with stand(script=written, admins=(ANNA["aadObjectId"],)) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.say("I want to talk to a person")
        engine = written.engine

        class Unbinding(Engine):
            async def run(self, state: State | None, incoming: Incoming) -> Outcome:
                await place.store.unbind_desk("helpdesk")
                place.later()
                return await super().run(state, incoming)

        written.engine = Unbinding(engine.library, engine.finder, engine.contact)
        user, thread = sides(await story.press("send"))
        assert "helpdesk@example.com" in user
        assert thread == ""
