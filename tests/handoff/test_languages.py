"""The hand-off between people of different languages: each side reads ours in their own."""

from __future__ import annotations

from bot.script import Script
from dialogs.engine import Engine
from dialogs.turn import Incoming, Press
from tests.handoff.inside import ANNA, CONTACT, HELPDESK, IDENTITY, House, house, person, plan, where
from tests.stand import finder, library

GUEST = "guest-cannot-redeem"


def german(home: House) -> None:
    """The content is read again, and the desk's language is German now."""
    guides = library().spoken("de").guides
    engine = Engine(library(), finder(), CONTACT, "de")
    home.script = Script(engine, library().say, CONTACT, guides, plan(), "de")
    for replica in home.replicas:
        replica.reception.script = home.script


async def say(home: House, locale: str, text: str = "", press: tuple[str, str] | None = None) -> str:
    """A user with this locale types, or presses a button; what they see then."""
    made = None
    if press:
        turn, value = home.button("ulla", *press)
        made = Press(press[0], turn, value)
    incoming = Incoming(home.clock.now, text, made, locale=locale)
    return await home.receive(home.envelope(where("ulla"), person("ulla"), incoming, invoke=made is not None))


async def opened(home: House, locale: str) -> str:
    """A user of the guest guide asks for a person and sends the summary off; the case's id."""
    await say(home, locale, "hola")
    await say(home, locale, press=("guide", GUEST))
    await say(home, locale, "he invitado a alguien")
    await say(home, locale, "quiero hablar con una persona")
    await say(home, locale, press=("send", ""))
    return (await home.case_of("ulla")).id


async def test_a_spanish_user_and_an_english_desk() -> None:
    """The user reads Spanish; the case card tells the desk in English, with the user's language on it."""
    async with house() as home:
        await opened(home, "es-MX")
        told = home.seen("ulla")
        assert "Es usted el número 1 en la cola de" in told
        assert "Esto es lo que verá" in told
        card = home.seen(IDENTITY) or home.seen(HELPDESK)
        assert "A guest can't redeem the invitation" in card
        assert "Your part" in card
        assert "I invited a guest" in card
        assert "Spanish (es-MX)" in card
        assert "invitado" not in card.replace("he invitado a alguien", "")


async def test_a_german_desk() -> None:
    """A desk whose language is German reads German, whatever the user's is."""
    async with house() as home:
        german(home)
        case = await opened(home, "es")
        card = home.seen(IDENTITY) or home.seen(HELPDESK)
        for words in ("Ein Gast kann die Einladung nicht einlösen", "Ihre Rolle", "Übernehmen", "Spanisch (es)"):
            assert words in card
        assert "hat diesen Fall übernommen" in await home.staff(ANNA, "claim", case)
        assert "Anna, de soporte, ya está aquí" in home.seen("ulla")


async def test_a_guide_sent_by_staff() -> None:
    """A guide that the desk sends is walked in the user's language."""
    async with house() as home:
        case = await opened(home, "es-ES")
        await home.staff(ANNA, "claim", case)
        since = home.mark
        await home.staff(ANNA, "guide", case, guide=GUEST)
        told = home.seen("ulla", since)
        assert "Anna propone que veamos esto juntos: Un invitado no puede canjear la invitación." in told
        assert "¿Ha invitado usted a alguien, o le han invitado a usted?" in told
