import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0003_attribution'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversion',
            name='amount_basis',
            field=models.CharField(blank=True, db_default='', default='', choices=[('items', 'Goods after discounts, without tax and shipping'), ('total', 'Total paid, with tax and shipping')], max_length=10, verbose_name='basis'),
        ),
        migrations.AddField(
            model_name='conversion',
            name='base_amount',
            field=models.DecimalField(decimal_places=4, max_digits=15, null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='items_left',
            field=models.DecimalField(decimal_places=4, max_digits=15, null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='offer_currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3),
        ),
        migrations.AddField(
            model_name='conversion',
            name='rate',
            field=models.DecimalField(decimal_places=10, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='rate_date',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='rate_source',
            field=models.CharField(blank=True, db_default='', default='', max_length=100),
        ),
        migrations.AddField(
            model_name='conversion',
            name='refunded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='reported_amount',
            field=models.DecimalField(decimal_places=4, max_digits=15, null=True, verbose_name='amount reported'),
        ),
        migrations.AddField(
            model_name='conversion',
            name='shipping_left',
            field=models.DecimalField(decimal_places=4, max_digits=15, null=True),
        ),
        migrations.AddField(
            model_name='conversion',
            name='tax_left',
            field=models.DecimalField(decimal_places=4, max_digits=15, null=True),
        ),
        migrations.AddField(
            model_name='offer',
            name='hold_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How long after an order its postback is held, so that a refund meanwhile costs no commission. Orders recorded before a change keep the hold they had.', validators=[django.core.validators.MaxValueValidator(365)], verbose_name='hold (days)'),
        ),
        migrations.AddField(
            model_name='postback',
            name='held_until',
            field=models.DateTimeField(null=True),
        ),
    ]
