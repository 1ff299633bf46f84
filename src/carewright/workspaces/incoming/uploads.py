"""A paper on its way: held in memory up to a limit, and never in a file of its own.

Django writes what is large to a temporary file, in clear; a patient's paper must not lie there.
https://docs.djangoproject.com/en/5.2/ref/files/uploads/#writing-custom-upload-handlers
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from carewright.skills.incoming.rules import LARGEST_BYTES


class OnePaper(FileUploadHandler):
    """Takes a file up to LARGEST_BYTES; of a larger one the rest is passed over and `too_large` is set."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.too_large = False
        self._held = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > LARGEST_BYTES:
            self.too_large = True
            raise StopUpload(connection_reset=False)
        self._held.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self._held.seek(0)
        return InMemoryUploadedFile(
            file=self._held, field_name=self.field_name, name=self.file_name or "", content_type=self.content_type,
            size=file_size, charset=self.charset, content_type_extra=self.content_type_extra,
        )  # fmt: skip
