"""The pages as a WSGI application; `project/asgi.py` calls it in a bounded pool of threads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")

application = get_wsgi_application()
