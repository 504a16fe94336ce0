"""A whole hand-off, over HTTP with signed tokens and a recording connector: what each side saw, in order."""

from __future__ import annotations

from tests.handoff.story import ANNA, BEN, CHANNEL, EVE, IDENTITY, Story, script, text_of
from tests.stand import stand


async def test_whole_story() -> None:
    """Guide, no luck, summary, queue, claim, messages both ways, note, transfer, second claim, close, rating."""
    async with stand(script=script(), admins=(ANNA["aadObjectId"],)) as place:
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


def sides(lines: list[str]) -> tuple[str, str]:
    """What went to the user, and what went to threads."""
    user = "\n".join(line for line in lines if line.startswith("user: "))
    return user, "\n".join(line for line in lines if line.startswith("thread: "))
