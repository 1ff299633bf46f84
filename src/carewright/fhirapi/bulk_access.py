"""Who may ask for exports and imports: programs with scopes of the level `system/`, and nobody with less.

https://hl7.org/fhir/uv/bulkdata/STU2/authorization.html. An export takes what search would find under those scopes.
"""

from dataclasses import replace

from starlette.requests import Request

from carewright.core.access.model import Access, AccessDenied, Interaction
from carewright.core.access.scopes import Scope, limits, narrow, parse
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.manifest import IMPORT
from carewright.core.fhir.structures import resource_types
from carewright.core.store.search.scope import Scope as Seen
from carewright.fhirapi.calls import Call
from carewright.fhirapi.outcomes import ApiError

ASYNC = "respond-async"
READ = frozenset({Interaction.READ, Interaction.SEARCH})
RENDERED = frozenset({"AuditEvent"})
"""What is made of the audit for each who asks: it is not taken out, and nobody brings any in."""
LOAD = frozenset({Interaction.CREATE, Interaction.UPDATE})


def files_of(request: Request) -> BulkFiles:
    """Where this server keeps the files; ApiError 501 where it keeps none."""
    files: BulkFiles | None = request.app.state.files
    if files is None:
        raise ApiError(501, "not-supported", "This server keeps no files, so it neither exports nor imports.")
    return files


def require_async(request: Request) -> None:
    """ApiError 400 unless the client is ready to come back for the answer."""
    wanted = ",".join(request.headers.getlist("prefer")).replace(";", ",")
    if ASYNC not in (part.strip() for part in wanted.split(",")):
        raise ApiError(400, "required", f"This takes a while. Send Prefer: {ASYNC} and ask for the status later.")


def exporting(call: Call) -> Access:
    """The access with what its `system/` scopes let it read and search. AccessDenied for one patient's programs."""
    scopes = _of_the_system(call, "export", READ)
    if call.access.patient is not None:
        raise AccessDenied("This token is for one patient's chart. Ask for Patient/[id]/$everything.")
    grants = {name: held & READ for name, held in narrow(call.access.grants, scopes).items() if held >= READ}
    return replace(call.access, grants=grants, limits=limits(grants, scopes))


def importing(call: Call) -> Access:
    """The access with what its `system/` scopes let it create and update, of whichever type: whoever may import brings
    in the records of others. AccessDenied."""
    scopes = _of_the_system(call, "import", LOAD)
    permission = call.store.registry.permissions.get(IMPORT)
    if permission is None or not call.access.roles & permission.roles:
        roles = sorted(permission.roles) if permission else ["nobody"]
        raise AccessDenied(f"Your sign-on does not include '{IMPORT}'. It takes a token of: {', '.join(roles)}.")
    if call.access.patient is not None:
        raise AccessDenied("This token is for one patient's chart; an import is of many.")
    every = dict.fromkeys(set(resource_types()) - RENDERED, READ | LOAD)
    grants = narrow(every, scopes)
    return replace(call.access, grants=grants, limits=limits(grants, scopes))


def exportable(access: Access) -> frozenset[str]:
    """The types that an export may take. What is rendered for each who asks (AuditEvent) is none of them."""
    return frozenset(access.grants) - RENDERED


def seen(access: Access) -> Seen:
    return Seen(access.practice, access.predicate(Interaction.SEARCH))


def _of_the_system(call: Call, what: str, needed: frozenset[Interaction]) -> tuple[Scope, ...]:
    """The scopes of that level that allow all of what is needed of a type; AccessDenied where there is none."""
    scopes = tuple(s for s in parse(call.scopes) if s.level == "system" and s.interactions >= needed)
    if not scopes:
        letters = "".join(interaction.value for interaction in Interaction if interaction in needed)
        raise AccessDenied(
            f"An {what} takes a token with scopes of the level system/, for instance system/*.{letters}. "
            "This one has none that allows it."
        )
    return scopes
