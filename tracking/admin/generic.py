"""Django's own classes with the type of their rows, which they take in annotations only."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.forms import ModelForm

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    RowAdmin = admin.ModelAdmin
    RowForm = ModelForm
    RowPaginator = Paginator[Any]
else:

    class RowAdmin(admin.ModelAdmin, Generic[Row]):
        """`admin.ModelAdmin[Row]`."""

    class RowForm(ModelForm, Generic[Row]):
        """`ModelForm[Row]`."""

    RowPaginator = Paginator
