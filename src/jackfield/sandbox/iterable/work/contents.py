"""Rendered contents of a message for its recipient."""

from collections.abc import Mapping

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.messages import Message
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.work import profiles, rendering


def content_of(project: Project, message: Message) -> dict[str, Json]:
    """Return the content of the template that a message was made from, unrendered."""
    template = project.templates.find(message.campaign.template_id)
    content = template.content(None) if template is not None else None
    return content or {}


def render_for(project: Project, message: Message, text: str) -> str:
    """Fill in a text for the user a message was sent to."""
    campaign_fields: Mapping[str, Json] = (
        content_of(project, message).get("campaignDataFields") or {}
    )
    fields = {**campaign_fields, **profiles.show(message.user)["dataFields"], **message.context}
    return rendering.render(text, rendering.Context(fields, snippet=snippet_finder(project)))


def snippet_finder(project: Project) -> rendering.SnippetFinder:
    """Return what finds the content of a snippet by its name."""

    def find(name: str) -> str | None:
        return next((each.content for each in project.snippets if each.name == name), None)

    return find
