"""What can be shown: by a drawing among the static files, or by a photo that was uploaded, which comes first."""

from os import PathLike
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import models, transaction
from django.db.models.fields.files import FieldFile

from store.pictures import Image, copies_of, drawing_exists, image_of

if TYPE_CHECKING:
    from store.photos import Photo


class PhotoUpload(forms.FileField):
    """An upload in a form: it comes out as the shop keeps it, or is refused beside the field."""

    def to_python(self, data: Any) -> "Photo | None":
        from store.photos import develop  # with it comes Pillow, which only uploads need

        upload = super().to_python(data)
        return develop(upload) if upload else None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": "image/jpeg,image/png,image/webp"}


class PhotoFile(FieldFile):
    """The file of a photo, together with its smaller copies."""

    def save(self, name: str | None, content: "File[Any]", save: bool = True) -> None:
        from store.photos import Photo, develop

        photo = content if isinstance(content, Photo) else develop(content)
        super().save(photo.name or "", photo, save=False)
        names = copies_of(self.name or "")
        for width, copy in photo.copies.items():
            self.storage.save(names[width], ContentFile(copy))
        if save:
            self.instance.save()

    def remove(self) -> None:
        """Delete the files; the row is not looked at."""
        for name in copies_of(self.name or "").values():
            self.storage.delete(name)


class PhotoField(models.FileField):
    attr_class = PhotoFile

    def generate_filename(self, instance: models.Model | None, filename: str | PathLike[str]) -> str:
        return str(filename)  # made by `develop`: the folder, a random name, the size

    def formfield(self, **kwargs: Any) -> forms.Field:
        return super().formfield(**{"form_class": PhotoUpload, **kwargs})  # type: ignore[return-value]  # FileField's own


class Pictured(models.Model):
    picture = models.CharField(
        "drawing", max_length=60, blank=True, help_text="Name of a drawing in store/art, such as 'mug'."
    )
    photo = PhotoField(max_length=60, blank=True, help_text="JPEG, PNG or WebP. It is shown instead of the drawing.")

    _photo_kept: Any = ""  # the photo's name in the database

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; files of a photo that was replaced or cleared go when the transaction is through."""
        super().save(*args, **kwargs)
        before, self._photo_kept = str(self._photo_kept or ""), self.photo.name or ""
        if before and before != self._photo_kept:
            remove_after_commit(PhotoFile(self, self.photo.field, before))

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Pictured":
        row = super().from_db(*args, **kwargs)
        row._photo_kept = row.__dict__.get("photo", "")  # not there where it is deferred
        return row

    def clean(self) -> None:
        if self.picture and not drawing_exists(self.picture):
            raise ValidationError({"picture": f"There is no picture named “{self.picture}” in static/store/art."})

    @property
    def image(self) -> Image:
        return image_of(self.photo.name or self.picture)


def remove_after_commit(photo: FieldFile) -> None:
    if isinstance(photo, PhotoFile) and photo.name:
        transaction.on_commit(lambda: photo.remove(), robust=True)


def remove_photo_of_deleted(instance: models.Model, **_: Any) -> None:
    """Receiver of `post_delete`, which also hears of what goes with its product."""
    if isinstance(instance, Pictured):
        remove_after_commit(instance.photo)
