"""The contract of stores: files of cases. Each test runs on both databases."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff.case import Message
from bot.storage.base import Store
from bot.storage.files import KeptFile
from tests.contracts.cases import ANN, CASE, NOW, current, do, opened, step

FILE = KeptFile("f1", CASE.id, 1, "Bild \x00 \ud800.png", "image/png", 6, NOW, "b1")


async def said(store: Store) -> None:
    """A case with a message that a file came with."""
    await opened(store)
    message = Message(CASE.id, 1, NOW, "user", "Ann", "", files=({"id": "f1", "name": "Bild.png"},))
    await do(store, step(await current(store), messages=(message,)))


async def kept(store: Store, file: KeptFile = FILE) -> bool:
    """Its content in two parts, then the file."""
    await store.keep_part(file.blob, 0, b"\x89PN\x00", file.at)
    await store.keep_part(file.blob, 1, b"G\xff", file.at)
    return await store.keep_file(file)


async def content(store: Store, blob: str = "b1") -> bytes:
    """All parts of a content."""
    found = b""
    while (part := await store.file_part(blob, len(found) and 1 + (len(found) > 4))) is not None:
        found += part
    return found


async def test_a_file_is_kept_as_it_came(store: Store) -> None:
    """Facts and content come back, to the byte."""
    await said(store)
    assert await kept(store)
    assert await store.file("f1") == FILE
    assert await content(store) == b"\x89PN\x00G\xff"
    assert await store.files(CASE.id) == [FILE]
    assert await store.file("f2") is None
    assert await store.files("HD-22222") == []
    transcript = await store.transcript(CASE.id)
    assert transcript[0].files == ({"id": "f1", "name": "Bild.png"},)


async def test_of_two_tries_one_counts(store: Store) -> None:
    """Two replicas that fetch the same file keep it once; the content of the second is gone. So with a repetition."""
    await said(store)
    assert await kept(store)
    assert not await kept(store, replace(FILE, blob="b2"))
    assert await store.file_part("b2", 0) is None
    assert not await store.keep_file(FILE)
    assert await content(store) == b"\x89PN\x00G\xff"


async def test_a_file_without_its_message_is_not_kept(store: Store) -> None:
    """What is fetched while its sender is forgotten is not kept, and leaves nothing."""
    await said(store)
    await store.keep_part("b1", 0, b"x", NOW)
    await store.forget(ANN.id, NOW)
    assert not await store.keep_file(FILE)
    assert await store.file_part("b1", 0) is None
    assert await store.file("f1") is None


async def test_what_could_not_be_had_is_known(store: Store) -> None:
    """A file that failed is kept as that, without content."""
    await said(store)
    lost = replace(FILE, blob="", size=0, reason="too large")
    assert await store.keep_file(lost)
    assert await store.files(CASE.id) == [lost]


async def test_a_file_that_was_taken_back_has_no_content(store: Store) -> None:
    """The facts stay, the content goes."""
    await said(store)
    await kept(store)
    await store.drop_file("f1")
    assert await store.file("f1") == replace(FILE, blob="")
    assert await store.file_part("b1", 0) is None
    await store.drop_file("f1")


async def test_old_contents_are_swept(store: Store) -> None:
    """Contents go after their time, and so do those of tries that were broken off; the facts stay with the case."""
    await said(store)
    await kept(store)
    await store.keep_part("left", 0, b"x", NOW - 5)
    await store.keep_part("left", 1, b"x", NOW - 5)
    await store.keep_part("begun", 0, b"x", NOW)
    assert await store.sweep_files(NOW, NOW, 10) == 1
    assert await store.file_part("left", 1) is None
    assert await store.file_part("begun", 0) == b"x"
    assert await content(store) == b"\x89PN\x00G\xff"
    assert await store.sweep_files(NOW + 1, NOW, 10) == 1
    assert await store.sweep_files(NOW + 1, NOW, 10) == 0
    assert await store.files(CASE.id) == [replace(FILE, blob="")]
    assert await store.file_part("b1", 0) is None


async def test_files_go_with_their_case(store: Store) -> None:
    """The sweep of a case takes its files along."""
    await said(store)
    await kept(store)
    await do(store, step(replace(await current(store), state="closed", closed_at=NOW)))
    assert await store.sweep_cases(NOW + 1, 10) == 1
    assert await store.file("f1") is None
    assert await store.file_part("b1", 0) is None


async def test_files_of_a_forgotten_person_are_gone(store: Store) -> None:
    """Of open cases and of closed ones, and it is said how many there were."""
    await said(store)
    await kept(store)
    await store.keep_file(replace(FILE, id="f2", blob="", reason="gone"))
    assert (await store.forget(ANN.id, NOW))["files"] == 2
    assert await store.file("f1") is None
    assert await store.file_part("b1", 0) is None


async def test_dropped_parts_are_gone(store: Store) -> None:
    """A try that failed leaves nothing."""
    await store.keep_part("b9", 0, b"x", NOW)
    await store.drop_parts("b9")
    assert await store.file_part("b9", 0) is None
