from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0003_selling'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='order',
            name='acknowledged_at',
        ),
        migrations.AddField(
            model_name='subscription',
            name='renewal_day',
            field=models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='day of the month'),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='subscription',
            name='periods',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='renewals placed'),
        ),
    ]
