"""DER, as much of it as CMP needs: values to bytes, and bytes to values that cannot be read two ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

SEQUENCE, INTEGER, BITS, OCTETS, NULL, OID, UTF8, TIME = 0x30, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x18
LARGEST = 1 << 20


class Broken(Exception):
    """These bytes are not what they should be."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, what is in it, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def inside(self) -> tuple[Value, ...]:
        """The values in a constructed one."""
        if not self.tag & 0x20:
            raise Broken("a plain value has no parts")
        return tuple(_values(self.content))

    def only(self) -> Value:
        """The one value in an explicit tag."""
        found = self.inside()
        if len(found) != 1:
            raise Broken("one value was expected")
        return found[0]

    def number(self) -> int:
        """An integer, also one under a tag of its own (implicit)."""
        if (self.tag != INTEGER and self.tag & 0xE0 != 0x80) or not 0 < len(self.content) <= 64:
            raise Broken("a number was expected")
        return int.from_bytes(self.content, "big", signed=True)

    def octets(self) -> bytes:
        if self.tag != OCTETS:
            raise Broken("octets were expected")
        return self.content

    def bits(self) -> bytes:
        """A bit string of whole octets."""
        if self.tag != BITS or self.content[:1] != b"\0":
            raise Broken("bits were expected")
        return self.content[1:]

    def flags(self) -> frozenset[int]:
        """The numbers of the bits that are set."""
        if self.tag != BITS or not self.content:
            raise Broken("bits were expected")
        return frozenset(i for i in range(8 * (len(self.content) - 1)) if self.content[1 + i // 8] & 0x80 >> i % 8)

    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def expect(self, tag: int) -> Value:
        if self.tag != tag:
            raise Broken(f"tag {tag:#x} was expected, not {self.tag:#x}")
        return self


def read(data: bytes) -> Value:
    """The one value that these bytes are."""
    found = list(_values(data))
    if len(found) != 1:
        raise Broken("one value was expected")
    return found[0]


def _values(data: bytes) -> Iterator[Value]:
    at = 0
    while at < len(data):
        if len(data) - at < 2 or data[at] & 0x1F == 0x1F:
            raise Broken("a value breaks off")
        tag, size, begins = data[at], data[at + 1], at + 2
        if size >= 0x80:
            many = size & 0x7F
            size = int.from_bytes(data[begins : begins + many], "big")
            if not 1 <= many <= 4 or size < 0x80 or data[begins] == 0 or size > LARGEST:
                raise Broken("a length is not in its one form")
            begins += many
        if begins + size > len(data):
            raise Broken("a value breaks off")
        yield Value(tag, data[begins : begins + size], data[at : begins + size])
        at = begins + size


def value(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    return value(SEQUENCE, *parts)


def explicit(number: int, *parts: bytes) -> bytes:
    return value(0xA0 | number, *parts)


def implicit(number: int, plain: bytes) -> bytes:
    """A value under another tag: [number] in place of its own."""
    return bytes([0x80 | plain[0] & 0x20 | number]) + plain[1:]


def integer(number: int) -> bytes:
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def octets(content: bytes) -> bytes:
    return value(OCTETS, content)


def bits(content: bytes) -> bytes:
    return value(BITS, b"\0" + content)


def flags(*numbers: int) -> bytes:
    """A named bit list in its one form: no zero bits at the end."""
    top = max(numbers)
    content = sum(1 << (top - number) for number in numbers) << (7 - top % 8)
    return value(BITS, bytes([7 - top % 8]) + content.to_bytes(top // 8 + 1, "big"))


def text(content: str) -> bytes:
    return value(UTF8, content.encode())


def time(at: datetime) -> bytes:
    return value(TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(one) for one in dotted.split("."))
    content = bytearray()
    for number in (40 * first + second, *rest):
        piece = [number & 0x7F]
        while number := number >> 7:
            piece.append(0x80 | number & 0x7F)
        content += bytes(reversed(piece))
    return value(OID, bytes(content))


NOTHING = value(NULL)
