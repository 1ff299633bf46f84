"""The addresses of the pages. Skills and workspaces join through their manifests."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from carewright.project.wiring import registry
from carewright.shell.assets import asset
from carewright.shell.permissions import public

urlpatterns: list[URLPattern | URLResolver] = [
    path("static/<path:name>", public(asset), name="asset"),
    path("", include("carewright.shell.urls")),
    *(path(manifest.url_prefix, include(manifest.urls)) for manifest in registry().manifests if manifest.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("gallery/", include("carewright.shell.gallery.urls")))

handler400 = "carewright.shell.errors.bad_request"
handler403 = "carewright.shell.errors.forbidden"
handler404 = "carewright.shell.errors.not_found"
handler500 = "carewright.shell.errors.server_error"
