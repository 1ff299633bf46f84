"""The addresses of the pages. Skills and workspaces join through their manifests."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from carewright.shell.assets import asset

urlpatterns: list[URLPattern | URLResolver] = [
    path("static/<path:name>", asset, name="asset"),
]
if settings.DEBUG:
    urlpatterns.append(path("gallery/", include("carewright.shell.gallery.urls")))

handler400 = "carewright.shell.errors.bad_request"
handler403 = "carewright.shell.errors.forbidden"
handler404 = "carewright.shell.errors.not_found"
handler500 = "carewright.shell.errors.server_error"
