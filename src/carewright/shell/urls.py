"""The shell's own addresses."""

from django.urls import URLPattern, URLResolver, include, path

from carewright.shell.views import drafts, home, lock, parking, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("", include("carewright.shell.accounts.urls")),
    path("lock", lock.lock, name="lock"),
    path("unlock", lock.unlock, name="unlock"),
    path("touch", lock.touch, name="touch"),
    path("search", search.search, name="search"),
    path("parked/back", parking.back, name="parked-back"),
    path("drafts/<slug:form>", drafts.save, name="draft"),
    path("drafts/<slug:form>/discard", drafts.discard, name="draft-discard"),
]
