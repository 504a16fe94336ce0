"""Finding by meaning: the guides whose vectors lie nearest to the message's, fused with those found by words."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.search.file import Compiled
from bot.search.vectors import Encoder

AMONG = 100  # guides that are looked at of each kind
MEANING = 0.5  # the share of the meaning in a fused score; the rest is the words'

VECTORS = "SELECT number, vector FROM guides JOIN vectors USING (text) ORDER BY number"


@dataclass(frozen=True, slots=True)
class Hit:
    """A guide by its number in the file, and its score among the others."""

    number: int
    score: float


class Nearest:
    """The vectors of a compiled library, in memory from the first message on."""

    def __init__(self, compiled: Compiled, encoder: Encoder) -> None:
        """The file must hold vectors of this encoder."""
        self._compiled = compiled
        self._encoder = encoder
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any, list[int], dict[int, int]] | None = None

    def fused(self, words: str, hits: Sequence[Hit]) -> list[Hit]:
        """What was found by words (best first), and what is near in meaning, in one order, best first."""
        numpy, matrix, numbers, places = self._load()
        if not numbers:
            return list(hits)
        vector = numpy.frombuffer(self._encoder.query(words), dtype="<f2").astype(numpy.float32)
        near = matrix @ vector
        top = numpy.argpartition(-near, min(AMONG, len(numbers) - 1))[:AMONG]
        best, usual = float(near[top].max()), float(near.mean())
        meant = {numbers[i]: max(0.0, (float(near[i]) - usual) / (best - usual or 1.0)) for i in top}
        said = {hit.number: hit.score / hits[0].score for hit in hits[:AMONG]} if hits else {}
        for number in said:
            if number not in meant and number in places:
                meant[number] = max(0.0, (float(near[places[number]]) - usual) / (best - usual or 1.0))
        fused = [
            Hit(number, (1 - MEANING) * said.get(number, 0.0) + MEANING * meant.get(number, 0.0))
            for number in {*said, *meant}
        ]
        return sorted(fused, key=lambda hit: (-hit.score, hit.number))

    def _load(self) -> tuple[Any, Any, list[int], dict[int, int]]:
        """numpy, the vectors as rows, the number of each row's guide, and each guide's row."""
        with self._lock:
            if self._loaded is None:
                numpy: Any = importlib.import_module("numpy")
                rows = self._compiled.rows(
                    "SELECT number, vector FROM guides JOIN vectors USING (text) ORDER BY number"
                )
                packed = numpy.frombuffer(b"".join(vector for _, vector in rows), dtype="<f2")
                matrix = packed.reshape(len(rows), -1).astype(numpy.float32) if rows else packed
                numbers = [number for number, _ in rows]
                self._loaded = numpy, matrix, numbers, {number: i for i, number in enumerate(numbers)}
            return self._loaded
