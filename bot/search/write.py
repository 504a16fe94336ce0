"""Writing a compiled library: guides, the words of their languages, and their vectors into the tables of the file."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence

import structlog

from bot.search import fields, spelling
from bot.search.analysis import Analysis, Language, split_joined
from bot.search.change import Change
from bot.search.file import program
from bot.search.postings import postings
from bot.search.vectors import Encoder
from dialogs.guide import Guide
from dialogs.library import FALLBACK, Library, tags

SMALL = 60  # guides that are held in memory, and found by what was made for few: `dialogs.finder.WordFinder`
TOGETHER = 256  # vectors that are made, then written

log = structlog.get_logger()


class Writer:
    """Writes a changed library into a file that holds what it was before."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def write(self, change: Change, part: Library, encoder: Encoder | None, most: int) -> None:
        """All of it; the file is finished when this returns."""
        db = self._db
        made_by = dict(db.execute("SELECT * FROM meta")).get("encoder", "")
        if encoder is not None and made_by != encoder.name:
            db.execute("DELETE FROM vectors")
        db.execute("DELETE FROM meta")
        db.execute("DELETE FROM files")
        db.executemany("INSERT INTO files VALUES (?, ?, ?, ?)", [(n, *s) for n, s in change.files.items()])
        self._remove(change.gone + change.read)
        self._texts(part)
        analyses, altered = self._languages()
        self._guides(change.read, part, analyses)
        self._again([name for name in altered if name in analyses], analyses)
        for name, analysis in analyses.items():
            self._postings(name, analysis)
        if encoder is not None:
            self._vectors(encoder, most)
        meta = {"program": program(), "encoder": encoder.name if encoder else made_by}
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())

    def _remove(self, names: Sequence[str]) -> None:
        db = self._db
        for name in names:
            kind, _, rest = name.rpartition("/")
            if kind == "guides":
                db.execute("DELETE FROM guides WHERE file = ?", (name,))
            elif kind == "texts":
                db.execute("DELETE FROM texts WHERE locale = ?", (rest.removesuffix(".yaml").lower(),))
            else:
                language = rest.removesuffix(".yaml").partition(".")[2].lower()
                db.execute("DELETE FROM synonyms WHERE language = ?", (language or FALLBACK,))

    def _texts(self, part: Library) -> None:
        texts = [(locale, texts.model_dump_json()) for locale, texts in part.texts.items()]
        self._db.executemany("INSERT INTO texts VALUES (?, ?)", texts)
        synonyms = [(language, json.dumps(groups)) for language, groups in part.synonyms.items()]
        self._db.executemany("INSERT INTO synonyms VALUES (?, ?)", synonyms)

    def _languages(self) -> tuple[dict[str, Analysis], list[str]]:
        """How to read each language; those that are read otherwise than before, and those with new words."""
        db = self._db
        before = dict(db.execute("SELECT name, body FROM languages"))
        groups = {name: json.loads(body) for name, body in db.execute("SELECT * FROM synonyms")}
        made: dict[str, Language] = {}
        for locale, body in db.execute("SELECT * FROM texts"):
            wanted: list[list[str]] = next((groups[tag] for tag in tags(locale) if tag in groups), [])
            words = json.loads(body)["words"]
            common = [*words["common"], *words["fillers"], *words["negations"], *words["thanks"]]
            plain = {"common": common, "expand": words["expand"], "letters": words["letters"]}
            made[locale] = Language.from_json(
                {"name": locale, "endings": words["endings"], "synonyms": wanted, **plain}
            )
        db.execute("DELETE FROM languages")
        bodies = {name: json.dumps(language.to_json()) for name, language in made.items()}
        db.executemany("INSERT INTO languages VALUES (?, ?, 0)", bodies.items())
        return {n: Analysis(made[n]) for n in made}, [n for n, body in bodies.items() if before.get(n, body) != body]

    def _guides(self, names: Iterable[str], part: Library, analyses: dict[str, Analysis]) -> None:
        rows = []
        for name in names:
            kind, _, rest = name.rpartition("/")
            if kind != "guides":
                continue
            guide_id, _, language = rest.removesuffix(".yaml").partition(".")
            guide = part.translations[language.lower()][guide_id] if language else part.guides[guide_id]
            reads = next((tag for tag in tags(guide.language) if tag in analyses), FALLBACK)
            counts = fields.read(guide, analyses[reads])
            source = next((path for s in guide.sources if (path := s.path or s.file or s.url)), "")
            row = (name, guide.id, guide.language.lower(), reads, not language, guide.title, source)
            rows.append(
                (
                    *row,
                    json.dumps(guide.tags),
                    guide.model_dump_json(exclude_defaults=True),
                    _packed(counts),
                    _text(guide),
                )
            )
        self._db.executemany(
            """INSERT INTO guides (file, id, language, reads, original, title, source, tags, body, fields, text)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            rows,
        )

    def _again(self, altered: Sequence[str], analyses: dict[str, Analysis]) -> None:
        """Guides of languages that are read otherwise than before."""
        for name in altered:
            rows = self._db.execute("SELECT number, body FROM guides WHERE reads = ?", (name,)).fetchall()
            analysis = analyses[name]
            made = [(_packed(fields.read(Guide.model_validate_json(body), analysis)), n) for n, body in rows]
            self._db.executemany("UPDATE guides SET fields = ? WHERE number = ?", made)

    def _postings(self, name: str, analysis: Analysis) -> None:
        db = self._db
        db.execute("DELETE FROM words WHERE language = ?", (name,))
        db.execute("DELETE FROM forms WHERE language = ?", (name,))
        found = db.execute("SELECT number, fields FROM guides WHERE reads = ? ORDER BY number", (name,))
        guides = [(number, json.loads(body)) for number, body in found]
        db.execute("UPDATE languages SET guides = ? WHERE name = ?", (len(guides), name))
        made, forms = postings(guides, analysis.stem)
        db.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?, ?)",
            ((name, p.word, p.idf, p.guides.tobytes(), p.says.tobytes()) for p in made),
        )
        known = spelling.worth_knowing(forms)
        rows = sorted((name, form, word, known[word]) for form, word in set(spelling.left_out(known)))
        db.executemany("INSERT OR IGNORE INTO forms VALUES (?, ?, ?, ?)", rows)

    def _vectors(self, encoder: Encoder, most: int) -> None:
        """Vectors of the guides that have none yet, unless they are too many for now."""
        db = self._db
        db.execute("DELETE FROM vectors WHERE text NOT IN (SELECT text FROM guides)")
        if db.execute("SELECT count(*) FROM guides WHERE original").fetchone()[0] <= SMALL:
            return
        rows = db.execute(
            "SELECT text, max(body) FROM guides WHERE text NOT IN (SELECT text FROM vectors) GROUP BY text"
        ).fetchall()
        if len(rows) > most:
            log.warning("vectors_missing", count=len(rows), hint="helpbot index makes them; until then words must do")
            return
        forms = dict(db.execute("SELECT word, max(guides) FROM forms WHERE form = word GROUP BY word"))

        def split(word: str) -> tuple[str, ...]:
            return split_joined(word, forms)

        for start in range(0, len(rows), TOGETHER):
            part = [(text, Guide.model_validate_json(body)) for text, body in rows[start : start + TOGETHER]]
            made = encoder.guides([(fields.headline(guide, split), fields.abstract(guide, split)) for _, guide in part])
            db.executemany("INSERT INTO vectors VALUES (?, ?)", zip((t for t, _ in part), made, strict=True))
            if len(rows) > 4 * TOGETHER:
                log.info("vectors_made", count=start + len(part), waiting=len(rows) - start - len(part))


def _text(guide: Guide) -> str:
    """Stands for what a guide's vector is made of."""
    said = fields.headline(guide, lambda word: (word,)), fields.abstract(guide, lambda word: (word,))
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:24]


def _packed(counts: dict[str, fields.Counts]) -> str:
    return json.dumps(counts, separators=(",", ":"), ensure_ascii=False)
