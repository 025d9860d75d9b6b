"""The overview page as Django admin wants to see it: a model without a table, for its address and its permission."""

from django.db import models


class Overview(models.Model):
    """Nothing is stored here; `tracking.reports.overview` works the page out."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = "overview"
        verbose_name_plural = "overview"

    def __str__(self) -> str:
        return "Overview"
