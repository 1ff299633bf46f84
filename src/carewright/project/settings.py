"""Django's settings (https://docs.djangoproject.com/en/5.2/ref/settings/), from the environment alone."""

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from carewright.core.access.sessions import SESSION_COOKIE
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
    "carewright.project",
    "carewright.shell",
    "carewright.shell.accounts",  # before allauth: its templates are ours
    "carewright.skills.emergency",
    "carewright.skills.vitals",
    "carewright.workspaces.desk",
    "carewright.workspaces.board",
    "carewright.workspaces.huddle",
    "carewright.workspaces.rooming",
    "carewright.workspaces.chart",
    "carewright.workspaces.cards",
    "carewright.workspaces.visit_page",
    "carewright.workspaces.checkout",
    "carewright.workspaces.photo_page",
    "carewright.workspaces.asking",
    "carewright.workspaces.inbox",
    "carewright.workspaces.incoming",
    "carewright.workspaces.referrals",
    "carewright.workspaces.results",
    "carewright.workspaces.refills",
    "carewright.workspaces.critical_strip",
    "carewright.workspaces.protocol_pages",
    "carewright.workspaces.standing_order_pages",
    "carewright.workspaces.merge_charts",
    "carewright.workspaces.apps",
    "carewright.workspaces.phone",
    "carewright.workspaces.worklist",
    "carewright.workspaces.team",
    "carewright.workspaces.bulk_jobs",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "carewright.shell.security.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "carewright.shell.middleware.CareMiddleware",
    "axes.middleware.AxesMiddleware",
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

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "sign-in", "home", "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Sign-in: https://docs.allauth.org/en/latest/account/configuration.html. By name and password; nobody signs up.
ACCOUNT_ADAPTER = "carewright.shell.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_SESSION_REMEMBER = True
# axes locks out a name at one address, in the database; allauth bounds a name's tries from everywhere and the codes of
# the second step. One address may be a whole clinic, so it has no bound of its own.
ACCOUNT_RATE_LIMITS = {
    "login": None, "login_failed": "10/15m/key", "reauthenticate": "10/15m/user", "change_password": "10/15m/user",
}  # fmt: skip
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Carewright"
MFA_TOTP_TOLERANCE = 1  # a code of the half minute before or after: clocks differ
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Lockout: https://django-axes.readthedocs.io/en/latest/4_configuration.html
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "carewright.shell.accounts.adapter.attempted_name"
AXES_LOCKOUT_CALLABLE = "carewright.shell.accounts.views.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # sessions are audited in the store
AXES_VERBOSE = False
CARE_DEMO = _environment.demo
CARE_DEMO_PASSWORD, CARE_DEMO_PIN = "demo-riverside", "2580"  # made-up people; public by intent
CARE_LIVE_URL = "/live"

# What the browser is told; the content security policy is in shell/security.py.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _environment.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _environment.trust_proxy else None
SESSION_ENGINE = "carewright.shell.accounts.session_store"
SESSION_COOKIE_NAME = SESSION_COOKIE
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
