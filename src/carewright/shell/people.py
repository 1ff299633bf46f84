"""The people who work here, by name: who did something, and whom one may tell."""

from collections.abc import Iterable

from carewright.core.access.model import Role
from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.query import MAX_COUNT, Criterion, SearchQuery
from carewright.shell.care import Choice

PRACTITIONER = "Practitioner/"


def names_of(reader: Reader, references: Iterable[str | None]) -> dict[str, str]:
    """The name of each `Practitioner/…`, by reference; those who are not known here are left out."""
    ids = sorted({r.removeprefix(PRACTITIONER) for r in references if r and r.startswith(PRACTITIONER)})
    if not ids:
        return {}
    query = SearchQuery(type="Practitioner", criteria=(Criterion(param="_id", values=tuple(ids)),), count=MAX_COUNT)
    return {f"{PRACTITIONER}{found['id']}": name_of(found) for found in reader.resources(query)}


def name_of(practitioner: Resource) -> str:
    """`Dr. Maria Lind`, `Dana Cole, CMA`; the given text where there is one."""
    name: Resource = next(iter(practitioner.get("name", ())), {})
    if name.get("text"):
        return str(name["text"])
    words = " ".join([*name.get("prefix", ()), *name.get("given", ()), name.get("family", "")]).strip()
    return ", ".join([words, *name.get("suffix", ())]) or str(practitioner["id"])


def providers(reader: Reader, *, site: str | None) -> tuple[Choice, ...]:
    """The providers of a site (a Location's id), by name; those who work at every site among them."""
    rows = reader.rows("staff_role", where={"role": Role.PROVIDER.value, "active": 1})
    here = {f"{PRACTITIONER}{row['practitioner']}" for row in rows if row["site"] in (None, site)}
    found = names_of(reader, here)
    return tuple(Choice(value=ref, label=name) for ref, name in sorted(found.items(), key=lambda pair: pair[1]))
