"""Staff are managed at the desk: branches, how to reach them, links to begin with, and a trail of what was done."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("banli", "0004_works")]

    operations = [
        ops.AddField(model_name="Staff", name="branches", field=fields.CharField(default="", max_length=1000)),
        ops.AddField(model_name="Staff", name="sealed_contact", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="Staff", name="signed_in_at", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Staff", name="invite", field=fields.CharField(default="", max_length=64)),
        ops.AddField(model_name="Staff", name="invite_for", field=fields.CharField(default="", max_length=10)),
        ops.AddField(model_name="Staff", name="invite_until", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Staff", name="sealed_invite", field=fields.BinaryField(null=True)),
        ops.CreateModel(
            name="StaffEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "banli.Staff",
                        source_field="staff_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("company", fields.CharField(max_length=64)),
                ("at", fields.BigIntField()),
                ("actor", fields.CharField(max_length=80)),
                ("kind", fields.CharField(max_length=20)),
                ("note", fields.CharField(max_length=500)),
            ],
            options={
                "table": "staff_events",
                "app": "banli",
                "indexes": [
                    Index(fields=["staff_id", "id"], name="events_of_staff"),
                    Index(fields=["company", "id"], name="staff_events_of_company"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
