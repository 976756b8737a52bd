import pytest

from jackfield.projects import service as projects
from jackfield.projects.models import Scope
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_a_project_starts_with_defaults(hub: Running) -> None:
    response = await hub.api.get("/jackfield/project")

    body = response.json()
    assert body.pop("id").startswith("prj_")
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "name": "default",
        "branding": {"display_name": None, "logo_url": None, "colors": {}},
        "white_label": False,
        "allowed_origins": [],
        "confirm_links": False,
        "strings": {},
        "retention_days": 30,
        "retention": {},
        "advanced_logs": False,
        "tool_feedback": False,
        "check_accounts": True,
        "suspend_unused_days": None,
        "honeytoken_freeze": "nothing",
        "correlation_headers": [],
        "redacted_fields": [],
        "allowed_networks": [],
    }


async def test_settings_are_changed_one_by_one_and_null_brings_the_default_back(
    hub: Running,
) -> None:
    await hub.api.patch(
        "/jackfield/project",
        json={
            "name": "Acme staging",
            "branding": {
                "display_name": "Acme",
                "colors": {"accent": "#0a7", "text": "oklch(0.5 0 0)"},
            },
            "white_label": True,
            "retention_days": 7,
        },
    )
    await hub.api.patch(
        "/jackfield/project", json={"branding": {"logo_url": "https://acme.test/logo.svg"}}
    )
    last = await hub.api.patch(
        "/jackfield/project", json={"retention_days": None, "confirm_links": True}
    )
    kept = await hub.api.get("/jackfield/project")

    assert last.status_code == 200
    assert kept.json() == last.json()
    assert kept.json()["name"] == "Acme staging"
    assert kept.json()["branding"] == {
        "display_name": "Acme",
        "logo_url": "https://acme.test/logo.svg",
        "colors": {"accent": "#0a7", "text": "oklch(0.5 0 0)"},
    }
    assert (kept.json()["white_label"], kept.json()["confirm_links"]) == (True, True)
    assert kept.json()["retention_days"] == 30


async def test_what_was_changed_holds_for_the_next_request(hub: Running) -> None:
    before = await projects.project_settings(hub.hub, hub.project.id)

    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    after = await projects.project_settings(hub.hub, hub.project.id)

    assert (before.advanced_logs, after.advanced_logs) == (False, True)
    assert await projects.project_settings(hub.hub, hub.project.id) is after


async def test_origins_are_kept_as_browsers_spell_them(hub: Running) -> None:
    response = await hub.api.patch(
        "/jackfield/project",
        json={
            "allowed_origins": [
                "HTTPS://App.Example.com:443/",
                "https://app.example.com",
                "http://localhost:5173",
                "https://*.acme.example",
            ]
        },
    )
    settings = await projects.project_settings(hub.hub, hub.project.id)

    assert response.json()["allowed_origins"] == [
        "https://app.example.com",
        "http://localhost:5173",
        "https://*.acme.example",
    ]
    assert settings.allows_origin("https://app.example.com")
    assert settings.allows_origin("https://eu.acme.example")
    for stranger in (
        "https://example.com",
        "http://app.example.com",
        "https://acme.example",
        "https://evilacme.example",
        "https://app.example.com.evil.test",
        "null",
        "",
        "https://*.acme.example",
        "http://localhost",
    ):
        assert not settings.allows_origin(stranger), stranger


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": 10_000}, "retention_days"),
        ({"retention": {"bodies": 0}}, "retention.bodies"),
        ({"retention": {"webhooks": 401}}, "retention.webhooks"),
        ({"retention": {"accounts": 7}}, "retention.accounts"),
        ({"white_label": "yes"}, "white_label"),
        ({"branding": {"logo_url": "javascript:alert(1)"}}, "branding.logo_url"),
        ({"branding": {"logo_url": "https://user:pw@acme.test/x"}}, "branding.logo_url"),
        ({"branding": {"colors": {"accent": "red; } body { background: url(//x)"}}}, "branding.colors.accent"),
        ({"branding": {"colors": {"accent": "url(https://x)"}}}, "branding.colors.accent"),
        ({"branding": {"colors": {"--x;": "red"}}}, "branding.colors"),
        ({"allowed_origins": ["https://a.example", "*"]}, "allowed_origins[1]"),
        ({"allowed_origins": ["https://a.example/path"]}, "allowed_origins[0]"),
        ({"allowed_origins": ["https://*"]}, "allowed_origins[0]"),
        ({"allowed_origins": ["https://a.example; script-src *"]}, "allowed_origins[0]"),
        ({"allowed_origins": "https://a.example"}, "allowed_origins"),
    ],
)  # fmt: skip
async def test_a_setting_that_cannot_be_used_is_named(
    hub: Running, change: dict[str, object], path: str
) -> None:
    response = await hub.api.patch("/jackfield/project", json=change)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert [fault["path"] for fault in response.json()["faults"]] == [path]
    assert (await hub.api.get("/jackfield/project")).json()["name"] == "default"


async def test_a_setting_that_does_not_exist_is_refused(hub: Running) -> None:
    response = await hub.api.patch("/jackfield/project", json={"retention": 7})

    assert response.status_code == 422
    assert "retention" in response.json()["message"]


async def test_a_project_has_its_own_settings(hub: Running) -> None:
    theirs = await hub.key(project="theirs")

    await hub.api.patch("/jackfield/project", json={"name": "Ours"})

    assert (await hub.api.get("/jackfield/project", auth=(theirs, ""))).json()["name"] == "theirs"


async def test_any_key_may_look_and_only_some_may_change(hub: Running) -> None:
    key = await hub.key(scopes=frozenset({Scope.ACCOUNTS_READ}))

    looked = await hub.api.get("/jackfield/project", auth=(key, ""))
    changed = await hub.api.patch("/jackfield/project", auth=(key, ""), json={"name": "x"})

    assert (looked.status_code, changed.status_code) == (200, 403)
