"""The first tables."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Case",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("number", fields.CharField(unique=True, max_length=90)),
                ("company", fields.CharField(max_length=64)),
                ("client", fields.CharField(max_length=64)),
                ("business", fields.CharField(max_length=64)),
                ("edition", fields.CharField(max_length=64)),
                ("state", fields.CharField(max_length=16)),
                ("open", fields.BooleanField()),
                ("revision", fields.IntField()),
                ("last_seq", fields.IntField()),
                ("head", fields.CharField(max_length=64)),
                ("sealed_key", fields.BinaryField(null=True)),
                ("key_version", fields.IntField()),
                ("sealed_document", fields.BinaryField(null=True)),
                ("sealed_drafts", fields.BinaryField(null=True)),
                ("created_at", fields.BigIntField()),
                ("updated_at", fields.BigIntField()),
                ("submitted_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "cases",
                "app": "banli",
                "indexes": [
                    Index(fields=["company", "client", "created_at"], name="cases_of_client"),
                    Index(fields=["company", "state", "updated_at"], name="cases_by_state"),
                    Index(fields=["key_version"], name="cases_by_key"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Code",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("secret", fields.CharField(max_length=64)),
                ("tries", fields.IntField()),
                ("used", fields.BooleanField()),
                ("expires_at", fields.BigIntField()),
            ],
            options={
                "table": "codes",
                "app": "banli",
                "indexes": [Index(fields=["expires_at"], name="codes_expiry")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CodeTarget",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("next_send_at", fields.BigIntField()),
                ("window_until", fields.BigIntField()),
                ("sent", fields.IntField()),
            ],
            options={
                "table": "code_targets",
                "app": "banli",
                "indexes": [Index(fields=["window_until"], name="code_targets_expiry")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Counter",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ("value", fields.BigIntField()),
            ],
            options={"table": "counters", "app": "banli", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Edition",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("company", fields.CharField(max_length=64)),
                ("business", fields.CharField(max_length=64)),
                ("bundle", fields.BinaryField()),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "editions",
                "app": "banli",
                "indexes": [Index(fields=["company", "business", "created_at"], name="editions_of_business")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "banli.Case",
                        source_field="case_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("seq", fields.IntField()),
                ("at", fields.BigIntField()),
                ("actor", fields.CharField(max_length=80)),
                ("kind", fields.CharField(max_length=64)),
                ("sealed_data", fields.BinaryField()),
                ("hash", fields.CharField(max_length=64)),
            ],
            options={"table": "events", "app": "banli", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Fact",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("value", fields.CharField(max_length=255)),
            ],
            options={
                "table": "facts",
                "app": "banli",
                "pk_attr": "id",
                "table_description": "What the installation knows about itself, such as the fingerprint of its key ring.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="File",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "banli.Case",
                        source_field="case_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("slot", fields.CharField(max_length=120)),
                ("media_type", fields.CharField(max_length=120)),
                ("size", fields.IntField()),
                ("sealed_name", fields.BinaryField()),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "files",
                "app": "banli",
                "indexes": [Index(fields=["case_id", "slot"], name="files_of_case")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("kind", fields.CharField(max_length=64)),
                ("key", fields.CharField(unique=True, max_length=160)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "banli.Case",
                        source_field="case_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sealed_payload", fields.BinaryField()),
                ("state", fields.CharField(max_length=8)),
                ("run_at", fields.BigIntField()),
                ("attempts", fields.IntField()),
                ("lease_until", fields.BigIntField(null=True)),
                ("worker", fields.CharField(null=True, max_length=80)),
                ("last_error", fields.CharField(null=True, max_length=80)),
                ("created_at", fields.BigIntField()),
                ("done_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "jobs",
                "app": "banli",
                "indexes": [
                    Index(fields=["state", "run_at"], name="jobs_due"),
                    Index(fields=["case_id"], name="jobs_of_case"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Limit",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("until", fields.BigIntField()),
                ("hits", fields.IntField()),
            ],
            options={
                "table": "limits",
                "app": "banli",
                "indexes": [Index(fields=["until"], name="limits_expiry")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("kind", fields.CharField(max_length=8)),
                ("company", fields.CharField(max_length=64)),
                ("subject", fields.CharField(max_length=80)),
                ("sealed_data", fields.BinaryField()),
                ("created_at", fields.BigIntField()),
                ("seen_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
            ],
            options={
                "table": "sessions",
                "app": "banli",
                "indexes": [
                    Index(fields=["subject"], name="sessions_of_subject"),
                    Index(fields=["expires_at"], name="sessions_expiry"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Staff",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("company", fields.CharField(max_length=64)),
                ("login", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=80)),
                ("roles", fields.CharField(max_length=255)),
                ("password_hash", fields.CharField(max_length=255)),
                ("sealed_totp", fields.BinaryField(null=True)),
                ("totp_step", fields.BigIntField()),
                ("disabled", fields.BooleanField()),
                ("failures", fields.IntField()),
                ("locked_until", fields.BigIntField(null=True)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "staff", "app": "banli", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Task",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "banli.Case",
                        source_field="case_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("company", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("level", fields.IntField()),
                ("state", fields.CharField(max_length=8)),
                ("assignee", fields.CharField(null=True, max_length=80)),
                ("lease_until", fields.BigIntField(null=True)),
                ("created_at", fields.BigIntField()),
                ("done_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "tasks",
                "app": "banli",
                "indexes": [
                    Index(fields=["company", "state", "created_at"], name="tasks_by_state"),
                    Index(fields=["case_id"], name="tasks_of_case"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
