"""Files on their way: held in memory up to a limit, and never in a file of their own.

Django writes what is large to a temporary file, in clear; a patient's paper or photo must not lie there.
https://docs.djangoproject.com/en/5.2/ref/files/uploads/#writing-custom-upload-handlers

    @takes_files(up_to=LARGEST_BYTES)
    @require_POST
    @needs("incoming.sort")
    def upload(request: CareRequest) -> HttpResponse: … too_large(request) …
"""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]


class HeldInMemory(FileUploadHandler):
    """Takes each file up to `up_to` bytes; of a larger one the rest is passed over and `too_large` is set."""

    def __init__(self, request: HttpRequest, *, up_to: int) -> None:
        super().__init__(request)
        self.too_large = False
        self._up_to, self._held = up_to, BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self._up_to:
            self.too_large = True
            raise StopUpload(connection_reset=False)
        self._held.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self._held.seek(0)
        return InMemoryUploadedFile(
            file=self._held, field_name=self.field_name, name=self.file_name or "", content_type=self.content_type,
            size=file_size, charset=self.charset, content_type_extra=self.content_type_extra,
        )  # fmt: skip


def takes_files(*, up_to: int) -> Callable[[View], View]:
    """A view to which files are sent, each of at most `up_to` bytes. Stands above the view's other decorators."""

    def mark(view: View) -> View:
        checked = csrf_protect(view)

        @csrf_exempt  # until the handler stands: the token is among what it reads; `checked` asks for it first of all
        @wraps(view)
        def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.upload_handlers = [HeldInMemory(request, up_to=up_to)]
            answer: HttpResponse = checked(request, *args, **kwargs)
            return answer

        return held

    return mark


def too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was larger than the view takes."""
    return any(isinstance(handler, HeldInMemory) and handler.too_large for handler in request.upload_handlers)
