"""Languages: whose words are used, what is said where they are missing, and that a guide stays the same guide."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from dialogs.content import check_files, load
from dialogs.errors import ContentError
from dialogs.finder import Sure, verdict
from dialogs.guide import Guide, Outcome, Question
from dialogs.library import Library, same_language, tags
from dialogs.texts import Texts
from dialogs.turn import Incoming, Press, State
from dialogs.turn import Outcome as Result
from dialogs.wordings import wordings, words_version
from tests.dialogs.samples import VPN, folder
from tests.dialogs.talk import engine, shipped

LIBRARY = shipped()
ENGINE = engine(LIBRARY)
GUEST = "guest-cannot-redeem"
VPN_DE = """\
id: vpn
title: Das VPN bricht ab
summary: Die Verbindung kommt und geht.
phrases: [vpn bricht ab, kein vpn]
steps:
  reboot:
    ask: Haben Sie den Computer neu gestartet?
    again: Wurde der Computer neu gestartet, seit das VPN abbricht?
    short: Neu gestartet
    answers:
      - {id: yes, label: Ja}
      - {id: no, label: Nein, said: [noch nicht]}
"""


def translated(tmp_path: Path, words: str = VPN_DE, language: str = "de") -> Path:
    """A content folder with the small guide and its words in one more language."""
    content = folder(tmp_path, vpn=VPN)
    (content / "guides" / f"vpn.{language}.yaml").write_text(words, encoding="utf-8")
    return content


def warnings(content: Path) -> list[str]:
    """What `check` warns of, without the file."""
    found = check_files(sorted((content / "guides").glob("*.yaml")))
    assert all(problem.warning for problem in found), found
    return [f"{problem.line}: {problem.what}; {problem.fix}" for problem in found]


def said(result: Result) -> str:
    """The plain text of the replies."""
    return "\n".join(reply.card.text() for reply in result.replies)


async def turn(
    state: State | None, locale: str, text: str = "", press: Press | None = None, arrived: bool = False
) -> Result:
    """One turn of somebody with this locale; the state passes through JSON."""
    result = await ENGINE.run(state, Incoming(1e9, text, press, arrived, locale))
    return Result(json.loads(json.dumps(result.state)), result.replies)


def test_tags() -> None:
    """A locale widens to its language, however it is written."""
    assert tags("zh_Hant-TW") == ("zh-hant-tw", "zh-hant", "zh")
    assert tags("") == ()
    assert same_language("es-MX", "es")
    assert not same_language("es", "en")


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_same_guide(language: str) -> None:
    """A shipped translation is whole, and has the steps, answers, ways, commands and version of the original."""
    original, guide = LIBRARY.guides[GUEST], LIBRARY.spoken(language).guides[GUEST]
    assert (guide.language, guide.version, guide.start) == (language, original.version, original.start)
    assert list(guide.steps) == list(original.steps)
    for name, step in original.steps.items():
        there = guide.steps[name]
        if isinstance(step, Question):
            assert isinstance(there, Question)
            assert [(a.id, a.means, a.goto) for a in there.answers] == [(a.id, a.means, a.goto) for a in step.answers]
        else:
            assert isinstance(there, Outcome)
            assert [link.url for a in there.actions for link in a.links] == [
                link.url for a in step.actions for link in a.links
            ]
            assert [len(a.details) for a in there.actions] == [len(a.details) for a in step.actions]
    assert wordings(guide).keys() == wordings(original).keys()
    assert [link.url for link in guide.documents] == [link.url for link in original.documents]


@pytest.mark.parametrize("language", ["de", "es"])
def test_nothing_is_left_in_english(language: str) -> None:
    """Hardly a text of a shipped translation, guide or bot, is the English one."""
    english, ours = wordings(LIBRARY.guides[GUEST]), wordings(LIBRARY.spoken(language).guides[GUEST])
    same = [place for place, text in english.items() if ours[place] == text]
    assert [place for place in same if place[-1] != "label"] == []
    texts, there = LIBRARY.texts["en"], LIBRARY.texts[language]
    alike = {name for name in Texts.model_fields if getattr(texts, name) == getattr(there, name)}
    assert alike <= {"fallback_fact", "summary_answer", "summary_guide"}, (
        "one that holds nothing but places is the same"
    )


def test_which_language(tmp_path: Path) -> None:
    """The user's locale, then its language, then the one that we talk in, then the original."""
    library = load(translated(tmp_path), "de")
    titles = {locale: library.spoken(locale).guides["vpn"].title for locale in ("de", "de-AT", "en-GB", "fr", "")}
    english = library.guides["vpn"].title
    assert titles == {
        "de": "Das VPN bricht ab",
        "de-AT": "Das VPN bricht ab",
        "en-GB": english,
        "fr": english,
        "": english,
    }
    assert library.spoken("de").guides["vpn"].steps["reboot"].ask == "Haben Sie den Computer neu gestartet?"  # type: ignore[union-attr]  # it asks
    assert list(library.spoken("de").guides) == list(library.guides)
    assert library.spoken("de").guide("frog") is None


def test_the_default_language() -> None:
    """Who speaks none of ours is talked to in the default, its texts and guides alike."""
    library = load_default("de")
    assert library.language("fr-FR") == "de"
    assert library.spoken("fr-FR").guides[GUEST].language == "de"
    assert load_default("sv").language("fr") == "en"


def load_default(default: str) -> Library:
    """The shipped content with another default language."""
    return Library(LIBRARY.guides, LIBRARY.texts, LIBRARY.translations, default)


async def test_a_language_that_we_do_not_speak() -> None:
    """It is said once in which language we go on, not at each card."""
    note = LIBRARY.texts["en"].language_fallback
    first = await turn(None, "fr-FR", arrived=True)
    assert said(first).startswith(note)
    second = await turn(first.state, "fr-FR", "my guest can't accept the invitation")
    assert note not in said(second)
    assert LIBRARY.texts["en"].opening.split("{")[0] in said(second)
    assert note in said(await turn(second.state, "it", "yes"))


async def test_our_own_language() -> None:
    """Nobody whose language we speak hears of languages."""
    for locale in ("de-DE", "es-419", "en-AU", ""):
        assert len((await turn(None, locale, arrived=True)).replies) == 1


async def test_a_guide_that_is_not_translated(tmp_path: Path) -> None:
    """That a guide is there only in another language is said when it begins, in the user's own, and not again."""
    content = folder(tmp_path, vpn=VPN)
    (content / "texts" / "de.yaml").write_text((Path("content") / "texts" / "de.yaml").read_text("utf-8"), "utf-8")
    bot = engine(load(content))
    first = await bot.run(None, Incoming(1e9, "vpn drops", locale="de"))
    assert "nur in dieser Sprache: Englisch" in said(first)
    assert "Did you restart the computer?" in said(first)
    again = await bot.run(first.state, Incoming(1e9, "hm?", locale="de"))
    assert "Englisch" not in said(again)


async def test_the_language_changes_on_the_way() -> None:
    """Whoever switches their client to another language goes on in the same guide, at the same place."""
    first = await turn(None, "en-US", "my partner can't accept the invitation I sent")
    assert "Did the guest receive the invitation e-mail?" in said(first)
    second = await turn(first.state, "de-DE", "ja")
    assert "Bekommt der Gast beim Einlösen der Einladung einen Fehler?" in said(second)
    assert LIBRARY.texts["de"].guide_changed not in said(second)
    third = await turn(second.state, "es-ES", "no lo sé")
    assert "¿Qué dice el perfil del invitado" in said(third)


async def test_the_staff_have_their_own() -> None:
    """The problem is told to the staff in their language, whatever the user's is."""
    state = (await turn(None, "es", "mi invitado no puede aceptar la invitación")).state
    assert ENGINE.hand_off(state).title == LIBRARY.guides[GUEST].title
    assert ENGINE.hand_off(state).path == (("Your part", "I invited a guest"),)
    assert ENGINE.title(GUEST, "es-MX") == "Un invitado no puede canjear la invitación"


@pytest.mark.parametrize(
    ("locale", "yes", "no", "unsure", "person"),
    [
        ("de", ["ja", "Jawohl!", "genau", "ja, hat er", "natürlich"], ["nein", "nö", "noch nicht", "leider nein"],
         ["weiß nicht", "weiss ich nicht", "keine Ahnung", "bin mir nicht sicher"],
         ["Kann ich bitte mit einem Menschen sprechen?", "Helpdesk", "ich möchte ein Ticket eröffnen"]),
        ("es", ["sí", "si", "claro que sí", "por supuesto", "vale"], ["no", "todavía no", "qué va", "creo que no"],
         ["no sé", "no lo sé", "ni idea", "no estoy segura"],
         ["quiero hablar con una persona", "soporte", "necesito hablar con alguien"]),
    ],
)  # fmt: skip
def test_free_text(locale: str, yes: list[str], no: list[str], unsure: list[str], person: list[str]) -> None:
    """Yes, no, not sure and the wish for a person are understood in each language, with its letters or without."""
    read = ENGINE._readers[id(LIBRARY.say(locale))]
    question = LIBRARY.spoken(locale).guides[GUEST].steps["error"]
    assert isinstance(question, Question)
    for answer, messages in (("yes", yes), ("no", no), ("not-sure", unsure)):
        assert {m: read.lean(m, question.answers) for m in messages} == dict.fromkeys(messages, (answer,))
    assert {m: read.command(m) for m in person} == dict.fromkeys(person, "person")


ANSWERS = yaml.safe_load((Path(__file__).parents[1] / "fixtures" / "answers_in_languages.yaml").read_text("utf-8"))


@pytest.mark.parametrize(("language", "step"), [(tag, step) for tag, steps in ANSWERS.items() for step in steps])
def test_answers(language: str, step: str) -> None:
    """Answers in people's own words are taken for what they mean, with dialect, dropped letters and negations."""
    read = ENGINE._readers[id(LIBRARY.say(language))]
    question = LIBRARY.spoken(language).guides[GUEST].steps[step]
    assert isinstance(question, Question)
    said = {text: answer for answer, texts in ANSWERS[language][step].items() for text in texts}
    assert {text: read.lean(text, question.answers) for text in said} == {text: (a,) for text, a in said.items()}


FOUND = {
    "de": [
        "mein Gast kann die Einladung nicht annehmen", "Unser Partner hat die Einladungsmail nie bekommen",
        "Kundin bekommt beim Annehmen AADSTS50020", "ich wurde als Gast eingeladen und komme nicht rein",
        "Externer bekommt keinen Code per Mail", "Ich darf keine Gaeste einladen", "der Einladungslink ist abgelaufen",
        "wie kann ich eine Einladung erneut senden",
    ],
    "es": [
        "mi invitado no puede aceptar la invitación", "a nuestro socio no le llega el correo de la invitacion",
        "la clienta recibe AADSTS50020 al aceptar la invitación", "me han invitado y no puedo entrar",
        "el externo no recibe ningún código", "no tengo permiso para invitar a externos", "cómo reenvío una invitación",
        "el enlace de la invitación ha caducado",
    ],
}  # fmt: skip
OTHER = {
    "de": ["Der Drucker druckt nicht", "Outlook startet nicht", "das VPN geht nicht", "Wo finde ich die Kantine?"],
    "es": ["la impresora no imprime", "Outlook no arranca", "la VPN no funciona", "¿dónde está la cafetería?"],
}


@pytest.mark.parametrize("locale", ["de", "es"])
def test_finding(locale: str) -> None:
    """The guest guide opens at what people say in their language, and at nothing else."""
    finder = ENGINE.finder
    opened = {text: verdict(asyncio.run(finder.find(text, locale))) for text in (*FOUND[locale], *OTHER[locale])}
    assert {text for text, what in opened.items() if what == Sure(GUEST)} == set(FOUND[locale])


def test_missing_words_are_a_warning(tmp_path: Path) -> None:
    """What is not translated is told as a warning, is said in the original's words, and hinders nothing."""
    content = translated(
        tmp_path,
        VPN_DE.replace("    short: Neu gestartet\n", "").replace(
            "summary: Die Verbindung kommt und geht.\n", "summary:\n"
        ),
    )
    (found,) = [w for w in warnings(content) if "not translated" in w]
    assert '"helpbot translate --missing de" writes a file to fill in' in found
    guide = load(content).spoken("de").guides["vpn"]
    assert guide.summary == load(content).guides["vpn"].summary
    assert isinstance(guide.steps["reboot"], Question)
    assert guide.steps["reboot"].short == "Restarted"


def test_what_does_not_fit_is_a_warning(tmp_path: Path) -> None:
    """Steps, answers and lists that the original has not, or has otherwise, are told and left out."""
    words = VPN_DE.replace("{id: no,", "{id: nope,") + (
        "  done:\n    ask: Fertig?\n  frog:\n    ask: Quak?\n  call:\n    actions: [{who: Sie}, {who: Sie}]\n"
    )
    found = "\n".join(warnings(translated(tmp_path, words)))
    assert '12: the original has no answer "nope" at step "reboot" any more; remove it here' in found
    assert '13: step "done" advises in the original, but not here; translate it anew' in found
    assert '15: the original has no step "frog" any more; remove it here' in found
    assert (
        "there are 2 actions here, but 1 in the original, so these are not used; give as many, in the same order"
        in found
    )


def test_a_changed_original_is_a_warning(tmp_path: Path) -> None:
    """A translation that names what it was made from is called out of date when that has changed."""
    guide: Guide = load(folder(tmp_path / "a", vpn=VPN)).guides["vpn"]
    fresh = translated(tmp_path / "b", f"of: {words_version(guide)}\n{VPN_DE}")
    assert not any("changed" in w for w in warnings(fresh))
    (fresh / "guides" / "vpn.yaml").write_text(VPN.replace("Did you restart the computer?", "Was it restarted?"))
    assert any(w.startswith("1: the original has been changed since this was translated") for w in warnings(fresh))


@pytest.mark.parametrize(
    ("language", "words", "told"),
    [
        ("de", VPN_DE.replace("title:", "titel:"), 'unknown key "titel"; did you mean "title"?'),
        ("de", VPN_DE.replace("id: vpn", "id: wifi"), 'the id "wifi" is not the name of the file; write "id: vpn"'),
        ("de", VPN_DE.replace("label: Nein", "label: Ja"), 'both said "Ja"; remove it from one'),
        ("de", VPN_DE.replace("ask: Haben", "ask: '[a](http://x)' #"), '"ask" of step "reboot" holds a link'),
        ("de", VPN_DE.replace(" again:", " agian:"), 'unknown key "agian" in step "reboot"; did you mean "again"?'),
        ("en", VPN_DE, '"vpn.yaml" is in this language already ("en"); write its words there, and remove this file'),
        ("german!", VPN_DE, '"german!" is not a language tag; use names like "vpn.de.yaml"'),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, language: str, words: str, told: str) -> None:
    """Mistakes of a translation are told as a guide's are, and stop the content from loading."""
    with pytest.raises(ContentError) as caught:
        load(translated(tmp_path, words, language))
    assert told in str(caught.value)


def test_a_translation_of_nothing(tmp_path: Path) -> None:
    """A translation without its guide is a mistake."""
    content = folder(tmp_path, vpn=VPN)
    (content / "guides" / "wifi.de.yaml").write_text("title: WLAN\n")
    with pytest.raises(ContentError, match='no guide "wifi" whose translation this could be'):
        load(content)


def test_missing_texts_are_a_warning(tmp_path: Path) -> None:
    """What a language's texts leave out is said in English, and told as a warning."""
    content = folder(tmp_path, vpn=VPN)
    german = (Path("content") / "texts" / "de.yaml").read_text("utf-8")
    german = "".join(line for line in german.splitlines(True) if not line.startswith(("greeting_title:", "  queued:")))
    (content / "texts" / "de.yaml").write_text(german, "utf-8")
    (problem,) = check_files([content / "texts" / "de.yaml"])
    assert problem.warning
    assert problem.what == '2 texts are missing here and said in English: "greeting_title", "desk.queued"'
    assert load(content).texts["de"].greeting_title == load(content).texts["en"].greeting_title
