"""The form of a photo: taken with the camera of this device, or chosen."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.shell.forms import ContextForm

LARGEST_BYTES = 12 * 1024 * 1024
"""A JPEG of 48 megapixels has some 10 MB."""
ACCEPT = "image/jpeg,image/png,image/webp"
"""Named one by one: a phone that takes pictures in a form of its own then sends a JPEG."""


def _input(**more: str) -> forms.FileInput:
    return forms.FileInput(attrs={"accept": ACCEPT, **more})


class PhotoForm(ContextForm):
    """One of the two is filled in. `too_large` says that the file was larger than is taken."""

    taken = forms.FileField(
        label=gettext_lazy("Take it with the camera of this device"),
        required=False,
        widget=_input(capture="environment"),
    )
    chosen = forms.FileField(label=gettext_lazy("Or choose a picture"), required=False, widget=_input())

    def __init__(self, *args: Any, too_large: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        if self.too_large:
            raise forms.ValidationError(
                gettext("This file is too large: at most 12 MB. Take the picture with fewer megapixels.")
            )
        cleaned = super().clean()
        if not self.errors and self.sent is None:
            raise forms.ValidationError(gettext("Take or choose a picture first."))
        return cleaned

    @property
    def sent(self) -> bytes | None:
        """The file that was sent, None without one."""
        for name in ("taken", "chosen"):
            file = self.cleaned_data.get(name)
            if file is not None:
                content: bytes = file.read()
                file.seek(0)
                return content
        return None
