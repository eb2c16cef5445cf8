"""Records that plugins keep: certificates, places in a queue."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("banli", "0002_releases")]

    operations = [
        ops.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=250)),
                ("plugin", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=40)),
                ("name", fields.CharField(max_length=120)),
                ("owner", fields.CharField(max_length=120)),
                ("sealed_document", fields.BinaryField()),
                ("revision", fields.IntField()),
                ("created_at", fields.BigIntField()),
                ("updated_at", fields.BigIntField()),
            ],
            options={
                "table": "ledger",
                "app": "banli",
                "indexes": [Index(fields=["plugin", "kind", "owner", "created_at"], name="ledger_of_owner")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
