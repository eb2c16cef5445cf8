"""Fields: what a question is, how its answer is read, checked, shown and masked."""

from __future__ import annotations

from banli.fields.base import FieldKind, Raw
from banli.fields.choices import Choice, Consent, YesNo
from banli.fields.groups import GroupList, Object
from banli.fields.kinds import BankCard, Date, DateRange, Email, IdNumberField, Multiline, Number, Phone, PostalCode, Text
from banli.fields.outside import Captcha, Otp, Photo
from banli.fields.reader import Awaited, FormReader, Reading, Verdicts

__all__ = [
    "Awaited",
    "FieldKind",
    "Fields",
    "FormReader",
    "Raw",
    "Reading",
    "Verdicts",
    "built_in",
]


class Fields:
    """The kinds of fields of one application: the built-in ones and those of its active plugins."""

    def __init__(self, more: tuple[FieldKind, ...] = ()) -> None:
        holders = (GroupList(self.kind), Object(self.kind))
        self.kinds: dict[str, FieldKind] = {kind.name: kind for kind in (*built_in(), *holders, *more)}

    def kind(self, name: str) -> FieldKind:
        return self.kinds[name]


def built_in() -> tuple[FieldKind, ...]:
    """The built-in kinds, the more particular first: the first that accepts a schema is its default."""
    return (
        Photo(),
        Consent(),
        Choice(),
        YesNo(),
        DateRange(),
        Date(),
        Phone(),
        IdNumberField(),
        Email(),
        PostalCode(),
        BankCard(),
        Number(),
        Text(),
        Multiline(),
        Otp(),
        Captcha(),
    )
