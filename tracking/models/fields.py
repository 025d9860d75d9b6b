"""Columns that hold ids."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    Text = models.CharField[str, str]
else:
    Text = models.CharField  # not generic at run time


class IdField(Text):
    """An id from outside, compared to the letter.

    MySQL and MariaDB compare text without regard to case unless told otherwise: there orders "aB" and "Ab" would be
    one, and the second sale lost.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters
