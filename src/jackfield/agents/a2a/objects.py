"""Objects of the A2A protocol: parts, messages, tasks and stream events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import uuid4

from jackfield.agents.a2a.messages import OutputMode
from jackfield.kit.json import Json, encode

State: TypeAlias = Literal["submitted", "working", "completed", "failed"]


def text_part(text: str) -> dict[str, Json]:
    return {"kind": "text", "text": text}


def data_parts(data: Mapping[str, Json], output_mode: OutputMode) -> list[Json]:
    """Return data as a data part, or as JSON in a text part."""
    if output_mode is OutputMode.TEXT:
        return [text_part(encode(data).decode())]
    return [{"kind": "data", "data": data}]


def message(context_id: str, parts: Sequence[Json], *, task_id: str | None = None) -> Json:
    return {
        "kind": "message",
        "messageId": str(uuid4()),
        "role": "agent",
        "contextId": context_id,
        **({"taskId": task_id} if task_id else {}),
        "parts": parts,
    }


@dataclass(frozen=True, slots=True)
class Task:
    """One run of an action, which ends within the request that began it."""

    context_id: str
    id: str = field(default_factory=lambda: str(uuid4()))

    def render(self, status: Mapping[str, Json], artifacts: Sequence[Json] = ()) -> dict[str, Json]:
        return {
            "kind": "task",
            "id": self.id,
            "contextId": self.context_id,
            "status": status,
            **({"artifacts": artifacts} if artifacts else {}),
        }

    def status(self, state: State, at: datetime, parts: Sequence[Json] = ()) -> dict[str, Json]:
        body = {"message": message(self.context_id, parts, task_id=self.id)} if parts else {}
        return {"state": state, "timestamp": at, **body}

    def status_update(self, status: Mapping[str, Json], *, final: bool) -> dict[str, Json]:
        return {
            "kind": "status-update",
            "taskId": self.id,
            "contextId": self.context_id,
            "status": status,
            "final": final,
        }

    def artifact_update(self, artifact: Json) -> dict[str, Json]:
        return {
            "kind": "artifact-update",
            "taskId": self.id,
            "contextId": self.context_id,
            "artifact": artifact,
            "append": False,
            "lastChunk": True,
        }
