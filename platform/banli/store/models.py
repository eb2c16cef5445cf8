"""The tables. Moments are microseconds since 1970 (UTC); what is called `sealed_…` only the vault can read."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Case(Model):
    id = fields.CharField(primary_key=True, max_length=32)
    number = fields.CharField(max_length=90, unique=True)
    company = fields.CharField(max_length=64)
    client = fields.CharField(max_length=64)
    business = fields.CharField(max_length=64)
    edition = fields.CharField(max_length=64)
    state = fields.CharField(max_length=16)
    open = fields.BooleanField()
    revision = fields.IntField()
    last_seq = fields.IntField()
    head = fields.CharField(max_length=64)
    sealed_key = fields.BinaryField(null=True)
    key_version = fields.IntField()
    sealed_document = fields.BinaryField(null=True)
    sealed_drafts = fields.BinaryField(null=True)
    created_at = fields.BigIntField()
    updated_at = fields.BigIntField()
    submitted_at = fields.BigIntField(null=True)

    class Meta:
        table = "cases"
        indexes = (
            Index(fields=("company", "client", "created_at"), name="cases_of_client"),
            Index(fields=("company", "state", "updated_at"), name="cases_by_state"),
            Index(fields=("key_version",), name="cases_by_key"),
        )


class Event(Model):
    id = fields.BigIntField(primary_key=True, generated=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField("banli.Case", on_delete=fields.RESTRICT)
    seq = fields.IntField()
    at = fields.BigIntField()
    actor = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=64)
    sealed_data = fields.BinaryField()
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "events"  # unique (case_id, seq): guards.py


class File(Model):
    id = fields.CharField(primary_key=True, max_length=32)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField("banli.Case", on_delete=fields.RESTRICT)
    slot = fields.CharField(max_length=120)
    media_type = fields.CharField(max_length=120)
    size = fields.IntField()
    sealed_name = fields.BinaryField()
    created_at = fields.BigIntField()

    class Meta:
        table = "files"
        indexes = (Index(fields=("case_id", "slot"), name="files_of_case"),)


class Task(Model):
    id = fields.CharField(primary_key=True, max_length=32)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField("banli.Case", on_delete=fields.RESTRICT)
    company = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=32)
    level = fields.IntField()
    state = fields.CharField(max_length=8)
    assignee = fields.CharField(max_length=80, null=True)
    lease_until = fields.BigIntField(null=True)
    created_at = fields.BigIntField()
    done_at = fields.BigIntField(null=True)
    queue = fields.CharField(max_length=120, default="")
    rank = fields.IntField(default=0)
    seen_at = fields.BigIntField(null=True)

    class Meta:
        table = "tasks"
        indexes = (
            Index(fields=("kind", "state", "company"), name="tasks_of_kind"),
            Index(fields=("company", "state", "created_at"), name="tasks_by_state"),
            Index(fields=("case_id",), name="tasks_of_case"),
        )


class Job(Model):
    id = fields.CharField(primary_key=True, max_length=32)
    kind = fields.CharField(max_length=64)
    key = fields.CharField(max_length=160, unique=True)
    case: fields.ForeignKeyNullableRelation[Case] = fields.ForeignKeyField(
        "banli.Case", on_delete=fields.RESTRICT, null=True
    )
    sealed_payload = fields.BinaryField()
    state = fields.CharField(max_length=8)
    run_at = fields.BigIntField()
    attempts = fields.IntField()
    lease_until = fields.BigIntField(null=True)
    worker = fields.CharField(max_length=80, null=True)
    last_error = fields.CharField(max_length=80, null=True)
    created_at = fields.BigIntField()
    done_at = fields.BigIntField(null=True)

    class Meta:
        table = "jobs"
        indexes = (
            Index(fields=("state", "run_at"), name="jobs_due"),
            Index(fields=("case_id",), name="jobs_of_case"),
        )


class Session(Model):
    id = fields.CharField(primary_key=True, max_length=64)
    kind = fields.CharField(max_length=8)
    company = fields.CharField(max_length=64)
    subject = fields.CharField(max_length=80)
    sealed_data = fields.BinaryField()
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "sessions"
        indexes = (
            Index(fields=("subject",), name="sessions_of_subject"),
            Index(fields=("expires_at",), name="sessions_expiry"),
        )


class Code(Model):
    id = fields.CharField(primary_key=True, max_length=64)
    secret = fields.CharField(max_length=64)
    tries = fields.IntField()
    used = fields.BooleanField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "codes"
        indexes = (Index(fields=("expires_at",), name="codes_expiry"),)


class CodeTarget(Model):
    id = fields.CharField(primary_key=True, max_length=64)
    next_send_at = fields.BigIntField()
    window_until = fields.BigIntField()
    sent = fields.IntField()

    class Meta:
        table = "code_targets"
        indexes = (Index(fields=("window_until",), name="code_targets_expiry"),)


class Limit(Model):
    id = fields.CharField(primary_key=True, max_length=64)
    until = fields.BigIntField()
    hits = fields.IntField()

    class Meta:
        table = "limits"
        indexes = (Index(fields=("until",), name="limits_expiry"),)


class Staff(Model):
    id = fields.CharField(primary_key=True, max_length=32)
    company = fields.CharField(max_length=64)
    login = fields.CharField(max_length=64)
    name = fields.CharField(max_length=80)
    roles = fields.CharField(max_length=255)
    password_hash = fields.CharField(max_length=255)
    sealed_totp = fields.BinaryField(null=True)
    totp_step = fields.BigIntField()
    disabled = fields.BooleanField()
    failures = fields.IntField()
    locked_until = fields.BigIntField(null=True)
    created_at = fields.BigIntField()
    branches = fields.CharField(max_length=1000, default="")
    sealed_contact = fields.BinaryField(null=True)
    signed_in_at = fields.BigIntField(null=True)
    invite = fields.CharField(max_length=64, default="")
    invite_for = fields.CharField(max_length=10, default="")
    invite_until = fields.BigIntField(null=True)
    sealed_invite = fields.BinaryField(null=True)

    class Meta:
        table = "staff"  # unique (company, login): guards.py


class StaffEvent(Model):
    """A line of what was done to the accounts of the desk, and who has signed in. Append-only."""

    id = fields.BigIntField(primary_key=True, generated=True)
    staff: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("banli.Staff", on_delete=fields.RESTRICT)
    company = fields.CharField(max_length=64)
    at = fields.BigIntField()
    actor = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=20)
    note = fields.CharField(max_length=500)

    class Meta:
        table = "staff_events"
        indexes = (
            Index(fields=("staff_id", "id"), name="events_of_staff"),
            Index(fields=("company", "id"), name="staff_events_of_company"),
        )


class Edition(Model):
    id = fields.CharField(primary_key=True, max_length=64)
    company = fields.CharField(max_length=64)
    business = fields.CharField(max_length=64)
    bundle = fields.BinaryField()
    created_at = fields.BigIntField()

    class Meta:
        table = "editions"
        indexes = (Index(fields=("company", "business", "created_at"), name="editions_of_business"),)


class Release(Model):
    """`edition` "" says that the business is no longer offered. `effective_at` is empty until an urgent proposal is approved."""

    id = fields.CharField(primary_key=True, max_length=32)
    company = fields.CharField(max_length=64)
    business = fields.CharField(max_length=64)
    number = fields.IntField()
    edition = fields.CharField(max_length=64)
    replaces = fields.CharField(max_length=64)
    effective_at = fields.BigIntField(null=True)
    state = fields.CharField(max_length=10)
    verdict = fields.CharField(max_length=16)
    open_cases = fields.IntField()
    note = fields.CharField(max_length=500)
    proposed_by = fields.CharField(max_length=80)
    proposed_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=80, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "releases"  # unique (company, business, number): guards.py
        indexes = (Index(fields=("state", "effective_at"), name="releases_in_force"),)


class ReleaseEvent(Model):
    id = fields.BigIntField(primary_key=True, generated=True)
    release: fields.ForeignKeyRelation[Release] = fields.ForeignKeyField("banli.Release", on_delete=fields.RESTRICT)
    at = fields.BigIntField()
    actor = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=16)
    note = fields.CharField(max_length=500)

    class Meta:
        table = "release_events"
        indexes = (Index(fields=("release_id",), name="events_of_release"),)


class LedgerEntry(Model):
    """What a plugin keeps. `id` is plugin, kind and name, joined with bars."""

    id = fields.CharField(primary_key=True, max_length=250)
    plugin = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=40)
    name = fields.CharField(max_length=120)
    owner = fields.CharField(max_length=120)
    sealed_document = fields.BinaryField()
    revision = fields.IntField()
    created_at = fields.BigIntField()
    updated_at = fields.BigIntField()

    class Meta:
        table = "ledger"
        indexes = (Index(fields=("plugin", "kind", "owner", "created_at"), name="ledger_of_owner"),)


class Letter(Model):
    """What one side of a talk has said to a box. `id` is box and number, joined with a bar."""

    id = fields.CharField(primary_key=True, max_length=140)
    box = fields.CharField(max_length=120)
    number = fields.IntField()
    sealed_said = fields.BinaryField()
    created_at = fields.BigIntField()

    class Meta:
        table = "letters"
        indexes = (
            Index(fields=("box", "number"), name="letters_in_box"),
            Index(fields=("created_at",), name="letters_by_age"),
        )


class Counter(Model):
    id = fields.CharField(primary_key=True, max_length=80)
    value = fields.BigIntField()

    class Meta:
        table = "counters"


class Fact(Model):
    """What the installation knows about itself, such as the fingerprint of its key ring."""

    id = fields.CharField(primary_key=True, max_length=40)
    value = fields.CharField(max_length=255)

    class Meta:
        table = "facts"
