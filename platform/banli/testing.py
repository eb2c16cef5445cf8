"""Conformance: what an integrator runs against their own directory, SMS gateway, mail gateway, captcha or imaging.

Each function raises AssertionError with a sentence that says what the platform relies on. They change what they are pointed
at, so point them at a test system.
"""

from __future__ import annotations

import asyncio
import copy
import io
import json
import struct
import threading
import wave
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from banli.definitions.readable import READABLE
from banli.errors import Problem
from banli.hooks import (
    CaptchaMaker,
    CardReader,
    Developed,
    Directory,
    Imaging,
    Mail,
    MailGateway,
    Outcome,
    Person,
    Picture,
    Read,
    Record,
    SmsGateway,
    Wish,
)
from banli.views import quad_of

T = TypeVar("T")
NOWHERE = "no-such-company"
NOBODY = "11010119000101000X"
LONGEST_STALL, TICK = 0.3, 0.01
"""Seconds that nothing else in the process may have to wait."""


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client of the test system. `changes` are two values that may stand in turn for one property each.

    `photo` names a photo on file, "" when the client has none.
    """

    company: str
    id_number: str
    changes: Mapping[str, tuple[object, object]]
    photo: str = ""


async def check_directory(directory: Directory, client: KnownClient) -> None:
    """Look-up, photos, and updates that have one effect each. The record is put back at the end."""
    assert isinstance(directory, Directory), "A directory has the methods find, picture and update."
    company, number = client.company, client.id_number
    assert await directory.find(company, NOBODY) is None, (
        "Somebody who is not on file is None, neither an error nor a person."
    )
    assert await directory.find(NOWHERE, number) is None, "A client of one company must not be found at another."
    person = await free(directory.find(company, number))
    assert isinstance(person, Person), "The known client was not found."
    _check_person(person)
    person.record.clear()
    again = await _found(directory, client)
    assert again.record, "A change to what find gave must not change what is on file."
    assert again.ref == person.ref, "A client has the same ref at every look-up."
    await _check_pictures(directory, client, again)
    await _check_updates(directory, client, again)


async def check_sms_gateway(gateway: SmsGateway, phone: str, text: str) -> None:
    """Four messages, two of them the same one by its key, are handed over at the same time, and nothing else waits for them."""
    assert isinstance(gateway, SmsGateway), "A gateway has the method send."
    key = f"conformance-{uuid4()}"
    first = await free(gateway.send(phone, text, key))
    others = (gateway.send(phone, text), gateway.send(phone, text), gateway.send(phone, text, key))
    ids = [first, *await free(asyncio.gather(*others))]
    assert all(isinstance(id, str) and id for id in ids), "Every message gets the carrier's id, a text that is not empty."
    assert len(set(ids[:3])) == 3, "Two messages have two ids, also when the words are the same."
    assert ids[3] == first, "The same key is the same message: a second try gets the first one's id."


async def check_mail_gateway(gateway: MailGateway, address: str, company: str = "") -> None:
    """Three e-mails are handed over at the same time, two of them the same one by its key, and nothing else waits for them."""
    assert isinstance(gateway, MailGateway), "A gateway has the method send."
    keys = [f"conformance-{uuid4()}" for _ in range(2)]
    mails = [Mail(company, address, "样本 Sample", "第一行\n\n.\nThe last line", key) for key in (keys[0], keys[0], keys[1])]
    came = await free(asyncio.gather(*(gateway.send(mail) for mail in mails)))
    assert came == ["", "", ""], 'An e-mail that was handed over is "", also at its second try.'


def check_captcha(maker: CaptchaMaker, languages: tuple[str, ...] = ("zh_CN", "en")) -> None:
    """Answers that can be typed and differ, pictures and sounds that a phone shows quickly, and no answer in their bytes."""
    assert isinstance(maker, CaptchaMaker), "A captcha maker has the methods draw and speak."
    drawn = [maker.draw() for _ in range(40)]
    for answer, picture in drawn:
        _check_answer(answer)
        _check_picture(answer, picture)
    answers = {answer for answer, _ in drawn}
    assert len(answers) >= 38, "Answers must be drawn at random from at least 10,000."
    letters = set("".join(answers))
    for pair in ("0O", "1I", "1l", "Il", "0o"):
        assert not set(pair) <= letters, f"'{pair[0]}' and '{pair[1]}' look alike; leave one out."
    answer = drawn[0][0]
    for language in languages:
        sounds = [maker.speak(answer, language) for _ in range(2)]
        for sound in sounds:
            _check_sound(answer, sound)
        assert sounds[0] != sounds[1], "The same answer must not sound the same twice, or a list of digests solves it."


async def check_imaging(imaging: Imaging, photos: Mapping[str, bytes]) -> None:
    """Good photos, by what each is of (`id_front`, `id_back`, `signature`): cut out, shown otherwise, read where it reads; and
    what is no photo at all."""
    assert isinstance(imaging, Imaging), "Imaging has the method develop."
    for side, content in photos.items():
        made = await free(imaging.develop(content, Wish(side)))
        assert isinstance(made, Developed), f"The photo of {side} is a picture, not {made}."
        refusing = [flaw.code for flaw in made.flaws if flaw.refuse]
        assert not refusing, f"The good photo of {side} was refused: {', '.join(refusing)}."
        _hold(made.side in ("", side), f"The photo of {side} was taken for one of {made.side}.")
        size = _check_photo(made.original)
        if made.view is not None:
            _check_photo(made.view)
            _hold(made.quad is not None, "A view says along which corners it was cut (quad).")
        if made.quad is not None:
            sound = quad_of([list(corner) for corner in made.quad]) is not None
            _hold(sound, "quad are four corners in parts of width and height, clockwise as seen, from the card's upper left one.")
        await _check_otherwise(imaging, made, side, size)
        if isinstance(imaging, CardReader) and side in READABLE and made.view is not None:
            _check_read(await free(imaging.read(made.view.content, side)), side)
    for what, content in {"nothing": b"", "a text": b"no picture", "half a photo": next(iter(photos.values()))[:500]}.items():
        told = await free(imaging.develop(content, Wish(next(iter(photos)))))
        refused = isinstance(told, Problem) or any(flaw.refuse for flaw in told.flaws)
        assert refused, f"{what} is a Problem or has a flaw that refuses, and nothing is raised: anybody may have sent it."


async def _check_otherwise(imaging: Imaging, made: Developed, side: str, size: tuple[int, int]) -> None:
    """As clients wish to see it: of the original that was kept."""
    content, corners = made.original.content, made.quad or ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    whole = await free(imaging.develop(content, Wish(side, made.quad, whole=True)))
    assert isinstance(whole, Developed), f"The whole photo is a picture, not {whole}."
    assert not whole.flaws, "The whole photo is only shown: nothing is looked for, nothing is wrong."
    _hold(_check_photo(whole.view or whole.original) == size, "The whole photo is as large as the original.")
    turned = await free(imaging.develop(content, Wish(side, made.quad, turn=1, whole=True)))
    assert isinstance(turned, Developed), f"A photo that is turned is a picture, not {turned}."
    assert turned.view is not None, "A photo that is turned has a view."
    _hold(_check_photo(turned.view) == size[::-1], "turn: 1 is a quarter turn.")
    cut = await free(imaging.develop(content, Wish(side, corners)))
    assert isinstance(cut, Developed), f"A photo cut along given corners is a picture, not {cut}."
    assert cut.view is not None, "Along given corners there is a view."
    assert not cut.flaws, "Along given corners a photo is only cut: nothing is looked for, nothing is wrong."


def _check_photo(picture: Picture) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(picture.content)) as opened:
        opened.load()
        _hold(picture.media_type in ("image/jpeg", "image/png", "image/webp"), "A picture is JPEG, PNG or WebP.")
        _hold(not opened.getexif(), "What is kept has no EXIF: it holds where a photo was taken.")
        return opened.size


def _check_read(told: Mapping[str, Read] | None, side: str) -> None:
    assert told is not None, f"The good photo of {side} could not be read now."
    known = set(READABLE[side])
    _hold(set(told) <= known, f"What is read on {side} is one of {', '.join(sorted(known))}.")
    _hold(all(isinstance(one, Read) and one.text for one in told.values()), "What was not found is left out.")


def _check_person(person: Person) -> None:
    _hold(isinstance(person.ref, str) and person.ref != "", "A person has a ref, a text that is not empty.")
    number = str(person.record.get("id_number", ""))
    assert not number or number not in person.ref, "A ref must not hold the ID number: it stands in logs."
    texts = isinstance(person.accounts, tuple) and all(isinstance(kind, str) for kind in person.accounts)
    _hold(texts, "accounts is a tuple of texts.")
    complete = isinstance(person.record, dict) and {"name", "id_number"} <= person.record.keys()
    _hold(complete, "The record is a dict with name and id_number.")
    try:
        json.dumps(person.record)
    except (TypeError, ValueError):
        raise AssertionError("The record must be JSON: texts, numbers, true and false, lists and maps.") from None


async def _check_pictures(directory: Directory, client: KnownClient, person: Person) -> None:
    missing = await directory.picture(client.company, person.ref, "no_such_photo")
    assert missing is None, "A photo that is not on file is None."
    if client.photo:
        picture = await free(directory.picture(client.company, person.ref, client.photo))
        assert isinstance(picture, Picture), f"The photo '{client.photo}' was not found."
        shown = len(picture.content) > 0 and picture.media_type.startswith("image/")
        _hold(shown, "A photo has content and a media type `image/…`.")


async def _check_updates(directory: Directory, client: KnownClient, person: Person) -> None:
    company, ref = client.company, person.ref
    before = copy.deepcopy(person.record)
    first = {name: pair[0] for name, pair in client.changes.items()}
    second = {name: pair[1] for name, pair in client.changes.items()}
    one, two, three = (f"conformance-{uuid4()}" for _ in range(3))

    unknown = await directory.update(company, "no-such-ref", first, {}, f"conformance-{uuid4()}")
    assert unknown.state == Outcome.REFUSED, "An update of somebody who is not on file is refused."
    both = await free(asyncio.gather(*(directory.update(company, ref, first, {}, one) for _ in range(2))))
    assert all(outcome.state == Outcome.DONE for outcome in both), (
        "The same key twice at the same time: both are told that it is done."
    )
    assert (await _found(directory, client)).record == _changed(before, first), (
        "After an update the record holds it, and all else as before."
    )
    outcome = await directory.update(company, ref, second, {}, two)
    assert outcome.state == Outcome.DONE, "A second update under its own key is done."
    late = await directory.update(company, ref, first, {}, one)
    assert late.state == Outcome.DONE, "A repeated key is told the first one's outcome."
    assert (await _found(directory, client)).record == _changed(before, second), (
        "A repeated key must not have a second effect."
    )
    back: Record = {name: before.get(name) for name in client.changes}
    assert (await directory.update(company, ref, back, {}, three)).state == Outcome.DONE, "The record could not be put back."
    assert (await _found(directory, client)).record == before, "None takes a value away, others replace it."


def _changed(record: Record, changes: Record) -> Record:
    return {name: value for name, value in {**record, **changes}.items() if value is not None}


async def _found(directory: Directory, client: KnownClient) -> Person:
    person = await directory.find(client.company, client.id_number)
    assert person is not None, "The known client is not found any more."
    return person


def _check_answer(answer: str) -> None:
    typed = 4 <= len(answer) <= 8 and answer.isascii() and answer.isalnum()
    _hold(typed, "An answer is 4 to 8 letters or digits of any keyboard.")
    assert answer == answer.lower(), "An answer is written in lower case; what a person types is made so."


def _check_picture(answer: str, picture: bytes) -> None:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n"), "The picture is a PNG."
    width, height = struct.unpack(">II", picture[16:24])
    fits = 100 <= width <= 600 and 30 <= height <= 300
    _hold(fits, "The picture is 100 to 600 pixels wide and 30 to 300 high.")
    assert len(picture) < 10_000, "The picture is below 10 kB: it is loaded on every login."
    assert answer.encode() not in picture, "The answer must not stand in the file."


def _check_sound(answer: str, sound: bytes) -> None:
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            seconds = opened.getnframes() / opened.getframerate()
    except (wave.Error, EOFError):
        raise AssertionError("The sound is a WAV of PCM samples.") from None
    assert 1 <= seconds <= 20, "The answer is spoken in 1 to 20 seconds."
    assert len(sound) < 100_000, "The sound is below 100 kB: phones load it over bad networks."
    assert answer.encode() not in sound, "The answer must not stand in the file."


def _hold(truth: bool, sentence: str) -> None:
    if not truth:
        raise AssertionError(sentence)


async def free(work: Awaitable[T]) -> T:
    """Waits for `work` and looks whether anything else could run meanwhile. A thread counts the time: when the machine holds
    up the whole process, it is held up too."""
    ended = threading.Event()
    ticks = last = longest = 0

    def count() -> None:
        nonlocal ticks
        while not ended.wait(TICK):
            ticks += 1

    async def watch() -> None:
        nonlocal last, longest
        while True:
            last, longest = ticks, max(longest, ticks - last)
            await asyncio.sleep(TICK)

    threading.Thread(target=count, daemon=True).start()
    watcher = asyncio.ensure_future(watch())
    try:
        await asyncio.sleep(0)
        return await work
    finally:
        await asyncio.sleep(2 * TICK)
        watcher.cancel()
        ended.set()
        assert longest * TICK < LONGEST_STALL, "A call held up everything else: wait with await, or in a thread."
