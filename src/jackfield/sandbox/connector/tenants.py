"""The tenant that a sign-in gives access to, where the provider is asked for tenants."""

from dataclasses import replace

from jackfield.kit.json import Json, text
from jackfield.sandbox.connector.credentials import Login
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.shapes import Shape, put, split_path
from jackfield.sandbox.connector.sign_in_scopes import scopes_of
from jackfield.testing.case_files import Answer


def with_tenant(endpoint: Endpoint, shape: Shape, logins: list[Login]) -> Shape:
    """Return the answer of an endpoint that lists tenants with the one of the sandbox."""
    for login in logins:
        tenants = login.method.tenants
        if tenants is None or endpoint.document is not tenants.action:
            continue
        row: Json = {"scopes": scopes_of(login.method.authorization)}
        row = put(row, split_path(tenants.id), login.values[tenants.credential])
        row = put(row, split_path(tenants.name), "Sandbox")
        path = split_path(text(endpoint.parameters, "dataKey"))
        return replace(shape, answer=Answer(json=put({}, path, [row])))
    return shape
