"""SMART Backend Services and Bulk Data together: a token lives for five minutes, an export for as long as it takes."""

import pytest

from carewright.core.access.model import Role
from tests.bulk.warehouse import ASYNC, Warehouse, a_practice
from tests.fhirapi.smart_app import Backend, backend


def token_of(program: Backend) -> dict[str, str]:
    """The header with a new token, for which the program signs a new statement."""
    answer = program.ask(program.assertion())
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_a_program_that_signs_fetches_its_export_with_another_token(api: Warehouse, algorithm: str) -> None:
    a_practice(api)
    program, other = (backend(api, algorithm=algorithm, role=Role.PROVIDER) for _ in range(2))
    kicked = api.client.get("/fhir/$export?_type=Patient", headers={**ASYNC, **token_of(program)})
    assert kicked.status_code == 202, kicked.text
    api.work()
    status = kicked.headers["Content-Location"]
    manifest = api.client.get(status, headers=token_of(program)).json()
    (file,) = manifest["output"]
    answer = api.client.get(file["url"], headers=token_of(program))
    assert len(answer.content.splitlines()) == file["count"] == 4
    for url in (status, file["url"]):
        assert api.client.get(url, headers=token_of(other)).status_code == 404
    assert api.client.delete(status, headers=token_of(program)).status_code == 202
