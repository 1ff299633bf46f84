"""$validate: what would be wrong with a resource, without writing it.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

import anyio.to_thread

from carewright.core.access.model import Interaction
from carewright.core.fhir import profile_checks, profiles
from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.fhir.validation import validate
from carewright.core.store.model import Ref, Resource
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call
from carewright.fhirapi.create import of_type as require_type
from carewright.fhirapi.given import Given
from carewright.fhirapi.outcomes import ApiError

KNOWN = ("resource", "mode", "profile")
MODES = ("create", "update")


async def of_type(call: Call, resource_type: str, given: Given) -> Answer:
    """An OperationOutcome with what is wrong with the resource that was sent. ApiError 400."""
    _understood(call, given)
    if not call.access.may(Interaction.CREATE, resource_type):
        call.access.require(Interaction.READ, resource_type)
    return await _outcome(call, given, _sent(given, resource_type))


async def of_instance(call: Call, ref: Ref, given: Given) -> Answer:
    """The same of a resource that is meant to be written under this id or, if none was sent, of the one that stands."""
    _understood(call, given)
    if "resource" in given.parts:
        call.access.require(Interaction.READ, ref.type)
        resource = _sent(given, ref.type)
        if resource.get("id", ref.id) != ref.id:
            where = [f"{ref.type}.id"]
            raise ApiError(400, "invalid", "The id in the body is not the one in the address.", expressions=where)
        return await _outcome(call, given, resource)
    async with call.store.async_reader(call.access, reason="api.validate") as reader:
        call.access.require(Interaction.READ, ref.type)
        stored = await reader.read(ref)
    return await _outcome(call, given, decode(stored.body or b"{}"))


def _understood(call: Call, given: Given) -> None:
    given.only(KNOWN, strict=call.strict)
    if given.values.get("mode", MODES[0]) not in MODES:
        raise ApiError(400, "not-supported", f"mode is one of {', '.join(MODES)}.")


def _sent(given: Given, resource_type: str) -> Resource:
    resource = given.parts.get("resource")
    if not isinstance(resource, dict):
        raise ApiError(400, "required", "Send the resource, alone or as the parameter resource.")
    require_type(resource, resource_type)
    return resource


async def _outcome(call: Call, given: Given, resource: Resource) -> Answer:
    """The rules of the practice (guards) are asked by a write alone: they depend on what stands at that moment."""
    issues = await anyio.to_thread.run_sync(_issues, resource, _profiles(given), limiter=call.writers)
    return Answer(status=200, body=encode(outcome(issues)))


def _profiles(given: Given) -> list[profiles.Profile]:
    """The profiles that are asked about; ApiError 404 for one that is not known here."""
    found = []
    for url in (value for name, value in given.pairs if name == "profile"):
        profile = profiles.find(url)
        if profile is None:
            raise ApiError(404, "not-found", "This profile is not known here. Known are those of US Core 6.1.0.")
        found.append(profile)
    return found


def _issues(resource: Resource, asked: list[profiles.Profile]) -> list[Issue]:
    """What R4 says of a resource and, where that is not an error, each profile that is asked about or claimed."""
    found = validate(resource)
    if any(issue.severity in ("error", "fatal") for issue in found):
        return found
    of_profiles = [issue for profile in asked for issue in profile_checks.check(resource, profile)]
    return list(dict.fromkeys([*found, *of_profiles, *profile_checks.check_claims(resource)]))
