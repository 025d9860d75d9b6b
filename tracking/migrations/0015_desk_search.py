"""What the admin's search looks up: customers, and on PostgreSQL the beginnings of order numbers."""

from django.db import migrations, models

PREFIX = "tracking_conv_order_prefix"


def index_beginnings(apps, schema_editor):
    """A pattern index; the other databases look beginnings up in the index of the order number itself."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX {PREFIX} ON tracking_conversion (order_id varchar_pattern_ops)")


def drop_beginnings(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {PREFIX}")


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0014_desk'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='conversion',
            index=models.Index(condition=models.Q(('customer_id', ''), _negated=True), fields=['customer_id'], name='tracking_conv_customer'),
        ),
        migrations.RunPython(index_beginnings, drop_beginnings),
    ]
