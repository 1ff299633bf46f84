"""Static files served by the product itself: hashed names, kept for ever by the browser, compressed once.

No collecting step: a file is found by Django's finders at first use, hashed, compressed and held in memory (all of
them together are some 100 KB). A name with the hash of other contents is not found, so a page and its style sheet
can never be of two versions. `BUNDLES` are files that are sent as one.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSED_SUFFIXES = frozenset({".css", ".js", ".svg", ".json", ".txt", ".webmanifest"})

BUNDLES: dict[str, tuple[str, ...]] = {
    "shell/shell.css": tuple(
        f"shell/{name}.css"
        for name in ("tokens", "page", "controls", "table", "patient", "overlay", "alarms", "plain", "print")
    ),
    "shell/shell.js": tuple(
        f"shell/{name}.js" for name in ("page", "live", "drafts", "lock", "keys", "alarms", "parking")
    ),
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One file as it is sent; `packed` is None where compression does not pay."""

    name: str
    hashed_name: str
    content_type: str
    body: bytes
    packed: bytes | None


def load(name: str) -> Asset | None:
    """The asset of that plain name, or None. In development a changed file is noticed."""
    return _find(name) if settings.DEBUG else _find_once(name)


def _find(name: str) -> Asset | None:
    paths = [finders.find(part) for part in BUNDLES.get(name, (name,))]
    if not all(isinstance(path, str) for path in paths):
        return None
    files = tuple(Path(str(path)) for path in paths)
    return _build(name, files, tuple(file.stat().st_mtime_ns for file in files))


_find_once = lru_cache(maxsize=512)(_find)


class AssetStorage(StaticFilesStorage):
    """`{% static %}` gives the hashed address."""

    def url(self, name: str | None) -> str:
        found = load(name or "")
        if found is None:
            raise ValueError(f"There is no static file '{name}'.")
        return super().url(found.hashed_name)


def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Send one file; 404 where the hash in the name is not that of the file."""
    pure = PurePosixPath(name)
    stem, _, digest = pure.stem.rpartition(".")
    found = load(str(pure.with_name(stem + pure.suffix))) if stem and digest else None
    if found is None or found.hashed_name != name:
        raise Http404
    packed = found.packed if "gzip" in request.headers.get("Accept-Encoding", "") else None
    response = HttpResponse(packed or found.body, content_type=found.content_type)
    response["Cache-Control"] = FOR_EVER
    if packed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@lru_cache(maxsize=512)
def _build(name: str, files: tuple[Path, ...], stamp: tuple[int, ...]) -> Asset:
    body = b"\n".join(file.read_bytes() for file in files)
    pure = PurePosixPath(name)
    digest = hashlib.sha256(body).hexdigest()[:12]
    compressed = gzip.compress(body, 9, mtime=0) if pure.suffix in COMPRESSED_SUFFIXES else b""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        name=name,
        hashed_name=str(pure.with_name(f"{pure.stem}.{digest}{pure.suffix}")),
        content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        body=body,
        packed=compressed if 0 < len(compressed) < len(body) else None,
    )
