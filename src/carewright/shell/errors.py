"""Error pages. They say what happened and what helps, and hold nothing of the request."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from carewright.core.store.model import Unavailable


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, HTTPStatus.BAD_REQUEST, "bad_request")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, HTTPStatus.FORBIDDEN, "forbidden")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, HTTPStatus.NOT_FOUND, "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database does not answer, whoever noticed it. Called while the error is being handled."""
    if isinstance(sys.exception(), Unavailable | OperationalError | InterfaceError):
        response = _page(request, HTTPStatus.SERVICE_UNAVAILABLE, "no_database")
        response["Retry-After"] = "30"
        return response
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, HTTPStatus.FORBIDDEN, "stale_page")


def _page(request: HttpRequest, status: HTTPStatus, kind: str) -> HttpResponse:
    return render(request, f"shell/errors/{kind}.html", status=status)
