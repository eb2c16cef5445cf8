"""Work that waits in queues while its client is there, and letters between the two ends of a talk."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("banli", "0003_ledger")]

    operations = [
        ops.AddField(model_name="Task", name="queue", field=fields.CharField(default="", max_length=120)),
        ops.AddField(model_name="Task", name="rank", field=fields.IntField(default=0)),
        ops.AddField(model_name="Task", name="seen_at", field=fields.BigIntField(null=True)),
        ops.AddIndex(model_name="Task", index=Index(fields=["kind", "state", "company"], name="tasks_of_kind")),
        ops.CreateModel(
            name="Letter",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=140)),
                ("box", fields.CharField(max_length=120)),
                ("number", fields.IntField()),
                ("sealed_said", fields.BinaryField()),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "letters",
                "app": "banli",
                "indexes": [
                    Index(fields=["box", "number"], name="letters_in_box"),
                    Index(fields=["created_at"], name="letters_by_age"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
