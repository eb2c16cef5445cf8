"""What can go wrong in the store, as exceptions whose sentence says the cure. None of them carries personal data."""

from __future__ import annotations


class StoreError(Exception):
    """Something that the store cannot go on with."""


class Conflict(StoreError):
    """The case was changed by somebody else since it was read. Read it again and decide again."""


class AlreadyOpen(StoreError):
    """The client has an open case at this company; there can be only one."""


class Taken(StoreError):
    """A value that must be unique exists already. `what` names the constraint or its columns."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Already there: {what}")
        self.what = what


class Tampered(StoreError):
    """Sealed data does not open: a byte was changed, or it was moved to another row."""


class Missing(StoreError):
    """Content that a row tells of is not where it was kept."""


class Forgotten(StoreError):
    """The key of this case was dropped; its personal data is gone for good."""


class KeysLost(StoreError):
    """The key ring does not belong to this database."""


class Busy(StoreError):
    """The database stayed locked, or it or the files could not be reached, for longer than we wait; or the disk is full."""


class SchemaBehind(StoreError):
    """The database has not been migrated to this version."""
