"""Just enough of PNG to check an icon: its size, and its pixels when they are RGBA."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = (8, 6, 0)  # bits, colour type, interlacing
_MOST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Png:
    """An image. kind: bits, colour type, interlacing. data: the compressed pixels."""

    width: int
    height: int
    kind: tuple[int, int, int]
    data: bytes


def read(file: bytes) -> Png:
    """The image of a file. Raises ValueError with what is wrong and what to do."""
    if not file.startswith(_SIGNATURE):
        raise ValueError("is no PNG; save it as one")
    header, data, at = b"", b"", len(_SIGNATURE)
    while at + 12 <= len(file):
        (length,) = struct.unpack_from(">I", file, at)
        name, body = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        header = body if name == b"IHDR" else header
        data += body if name == b"IDAT" else b""
        at += 12 + length
    if len(header) != 13 or not data:
        raise ValueError("is a broken PNG; save it again")
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    return Png(width, height, (bits, colour, interlaced), data)


def pixels(image: Png) -> list[tuple[int, int, int, int]]:
    """All pixels, row by row: red, green, blue, alpha. Raises ValueError for other kinds of PNG."""
    if image.kind != _RGBA:
        raise ValueError("is no RGBA image; save it with 8 bits a channel and transparency, not interlaced")
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(image.data, _MOST)
    except zlib.error:
        raise ValueError("is a broken PNG; save it again") from None
    stride = image.width * 4
    if len(raw) != (stride + 1) * image.height:
        raise ValueError("is a broken PNG; save it again")
    row, found = bytes(stride), bytearray()
    for start in range(0, len(raw), stride + 1):
        row = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], row)
        found += row
    flat = iter(found)
    return list(zip(flat, flat, flat, flat, strict=True))


def _unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    """A row without its filter (PNG specification, section 9); 4 bytes a pixel."""
    found = bytearray(row)
    for i in range(len(row)):
        left = found[i - 4] if i >= 4 else 0
        up, corner = above[i], above[i - 4] if i >= 4 else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind] if kind < 5 else 0
        found[i] = (row[i] + guess) & 255
    return bytes(found)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
