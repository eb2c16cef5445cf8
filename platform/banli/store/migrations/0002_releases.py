"""What was published, when it holds, and who decided it."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("banli", "0001_first")]

    operations = [
        ops.CreateModel(
            name="Release",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("company", fields.CharField(max_length=64)),
                ("business", fields.CharField(max_length=64)),
                ("number", fields.IntField()),
                ("edition", fields.CharField(max_length=64)),
                ("replaces", fields.CharField(max_length=64)),
                ("effective_at", fields.BigIntField(null=True)),
                ("state", fields.CharField(max_length=10)),
                ("verdict", fields.CharField(max_length=16)),
                ("open_cases", fields.IntField()),
                ("note", fields.CharField(max_length=500)),
                ("proposed_by", fields.CharField(max_length=80)),
                ("proposed_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=80)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "releases",
                "app": "banli",
                "indexes": [Index(fields=["state", "effective_at"], name="releases_in_force")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReleaseEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "release",
                    fields.ForeignKeyField(
                        "banli.Release",
                        source_field="release_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", fields.BigIntField()),
                ("actor", fields.CharField(max_length=80)),
                ("kind", fields.CharField(max_length=16)),
                ("note", fields.CharField(max_length=500)),
            ],
            options={
                "table": "release_events",
                "app": "banli",
                "indexes": [Index(fields=["release_id"], name="events_of_release")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
