"""Django for the shell's tests: development settings, a data folder of its own."""

import os
import tempfile

import django
from django.conf import settings

# Playwright leaves an event loop in the thread; the database calls of tests that come after it are blocking.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
if not settings.configured:
    os.environ.setdefault("CARE_DATA_DIR", tempfile.mkdtemp(prefix="carewright-test-"))
    os.environ.setdefault("CARE_ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
    os.environ.setdefault("CARE_DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")
    django.setup()
