"""What a loaded connector says of itself, at the example of Iterable's."""

import pytest

from jackfield.connectors.connector import Connector, Icon
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load


@pytest.fixture(scope="module")
def iterable() -> Connector:
    return load(own_folder() / "iterable" / "iterable.connector.s1.yaml")


@pytest.fixture(scope="module")
def fernwood() -> Connector:
    return load(own_folder() / "fernwood" / "fernwood.connector.s1.yaml")


def test_a_connector_knows_what_it_is(iterable: Connector) -> None:
    assert (iterable.key, iterable.title, iterable.mode) == ("iterable", "Iterable", "strict")
    assert iterable.categories == ("marketing",)
    assert isinstance(iterable.icon, Icon)
    assert iterable.icon.file == own_folder() / "iterable" / "icon.svg"
    assert [link.url for link in iterable.links] == ["https://api.iterable.com/api/docs"]


def test_an_account_needs_an_api_key_and_a_region(iterable: Connector) -> None:
    (method,) = iterable.auth_methods

    assert method.ready
    assert not method.redirects
    assert [(field.label, field.type, field.secret) for field in method.config_fields] == [
        ("API Key", "password", True),
        ("Region", "select", False),
    ]
    assert [(option.value, option.label) for option in method.config_fields[1].options] == [
        ("us", "United States"),
        ("eu", "European Union"),
    ]


def test_every_action_says_what_it_does(iterable: Connector) -> None:
    for action in iterable.actions:
        assert action.effects, action.id
        assert len(action.id) <= 60
        assert action.id.startswith("iterable_")
        assert action.description.endswith(".")


def test_hints_come_from_effects(iterable: Connector) -> None:
    hints = {
        name: iterable.find_action(f"iterable_{name}").annotations  # pyright: ignore[reportOptionalMemberAccess]
        for name in ("list_lists", "update_user", "delete_list", "send_email")
    }

    assert [(each["readOnlyHint"], each["destructiveHint"]) for each in hints.values()] == [
        (True, False),
        (False, False),
        (False, True),
        (False, True),
    ]


def test_an_actions_inputs_are_a_json_schema(iterable: Connector) -> None:
    action = iterable.find_action("iterable_create_list")
    assert action

    assert action.schema["required"] == ["name"]
    assert action.schema["properties"]["name"]["minLength"] == 1


def test_credentials_only_go_where_the_connector_says(iterable: Connector) -> None:
    allows = iterable.compiled.allows

    assert allows("https://api.eu.iterable.com/api/lists", {})
    assert not allows("https://api.iterable.com.evil.example/api/lists", {})
    assert not allows("http://api.iterable.com/api/lists", {})


def test_a_sign_in_elsewhere_needs_setup(fernwood: Connector) -> None:
    method = fernwood.find_auth_method("oauth2")
    assert method

    assert method.redirects
    assert not method.ready
    assert [environment.key for environment in method.environments] == ["production", "sandbox"]
    assert method.refresh is not None
    assert method.required_scopes == ("people.read",)
    assert [probe.action for probe in method.test_actions] == ["get_company"]


def test_scopes_are_defined_by_the_connector(fernwood: Connector) -> None:
    scopes = {scope.name: scope.includes for scope in fernwood.scope_definitions}

    assert scopes["documents.write"] == ("documents.read",)


def test_there_is_no_action_of_another_name(iterable: Connector) -> None:
    assert iterable.find_action("list_lists") is None
    assert iterable.find_auth_method("oauth2") is None
