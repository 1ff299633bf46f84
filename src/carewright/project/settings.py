"""Django's settings (https://docs.djangoproject.com/en/5.2/ref/settings/), from the environment alone.

Sessions, sign-in (allauth, axes) and the middleware that sets `request.care` are added where they are marked.
"""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from carewright.project.environment import Environment, django_database
from carewright.shell.logs import logging_config

_environment = Environment.read()

CARE_DATA_DIR: Path = _environment.data_dir
SECRET_KEY = _environment.secret_key
DEBUG = _environment.debug
ALLOWED_HOSTS = list(_environment.allowed_hosts)
ROOT_URLCONF = "carewright.project.urls"
WSGI_APPLICATION = "carewright.project.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django_htmx",
    "carewright.shell",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "carewright.shell.security.HeadersMiddleware",
    # Sessions stand here: everything below may ask who acts.
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Sign-in and the middleware that sets `request.care` stand here.
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "carewright.shell.context.shell"],
            "builtins": [
                "carewright.shell.templatetags.shell",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES = {"default": django_database(_environment.database_url, CARE_DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# What the browser is told; the content security policy is in shell/security.py.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _environment.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _environment.trust_proxy else None
SESSION_COOKIE_NAME = "care_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _environment.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift; the idle lock is much shorter
CSRF_COOKIE_NAME = "care_csrf"
CSRF_FAILURE_VIEW = "carewright.shell.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

USE_TZ = True
TIME_ZONE = _environment.time_zone
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LANGUAGE_COOKIE_NAME = "care_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [CARE_DATA_DIR / "locale"]  # compiled at start by shell/catalogs.py

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files go to the blob store, never here
    "staticfiles": {"BACKEND": "carewright.shell.assets.AssetStorage"},
}

LOGGING = logging_config()
