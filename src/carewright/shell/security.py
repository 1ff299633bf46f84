"""What every page tells the browser about safety.

Content Security Policy: https://www.w3.org/TR/CSP3/. Nothing inline, nothing from elsewhere; a page that needs
more is a page to be rewritten. nosniff, referrer and opener policy are Django's SecurityMiddleware's.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
FORM_ACTION = "form-action 'self'"
PERMISSIONS_POLICY = "camera=(self), microphone=(self), geolocation=(), usb=(), payment=()"


def with_forms_to(*origins: str) -> str:
    """The policy of a page whose form may lead elsewhere, by way of an answer of ours: to an app that is registered."""
    return CONTENT_SECURITY_POLICY.replace(FORM_ACTION, " ".join((FORM_ACTION, *sorted(set(origins)))))


class HeadersMiddleware:
    """Adds the headers; pages are not kept by any cache unless the view says otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Cache-Control", "no-store")
        return response
