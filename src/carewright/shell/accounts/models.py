"""Who may sign in: a name, a password, a PIN for the lock, and which Practitioner of which practice it is.

What somebody may do stands in the chart (PractitionerRole), not here.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Finds users by their name, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").lower())


class User(AbstractBaseUser):
    """`practitioner` is the id of a Practitioner in `practice`. `username` is lower case.

    `pin_failures` counts wrong PINs since the last right one or full sign-in.
    """

    username: "models.CharField[str, str]" = models.CharField(max_length=64, unique=True)
    practice: "models.CharField[str, str]" = models.CharField(max_length=64)
    practitioner: "models.CharField[str, str]" = models.CharField(max_length=64)
    display: "models.CharField[str, str]" = models.CharField(max_length=200)
    pin_hash: "models.CharField[str, str]" = models.CharField(max_length=200, blank=True)
    pin_failures: "models.PositiveSmallIntegerField[int, int]" = models.PositiveSmallIntegerField(default=0)
    is_active: "models.BooleanField[bool, bool]" = models.BooleanField(default=True)
    must_change_password: "models.BooleanField[bool, bool]" = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["practice", "practitioner", "display"]

    class Meta:
        ordering: ClassVar[list[str]] = ["username"]

    def get_full_name(self) -> str:
        return str(self.display)

    @property
    def reference(self) -> str:
        return f"Practitioner/{self.practitioner}"
