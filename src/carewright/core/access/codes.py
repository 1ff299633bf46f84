"""The code system of the roles, as PractitionerRole.code and Task.performerType hold them."""

from carewright.core.terminology.coding import own_system

ROLE_SYSTEM = own_system("role")
