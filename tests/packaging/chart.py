"""The chart for Helm: what it is made of, and what values it is tried with."""

import hashlib
from pathlib import Path
from typing import Any

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "jackfield"
RENDERED = Path(__file__).parent / "rendered"
MARK = "# of the chart with SHA-256 "

_NEEDED: dict[str, Any] = {
    "image": {"repository": "registry.example/jackfield"},
    "publicUrl": "https://hub.example.com",
    "existingSecret": "jackfield",
}
CASES: dict[str, dict[str, Any]] = {
    "plain": _NEEDED,
    "single": {**_NEEDED, "replicas": 1, "migrate": {"enabled": False}},
    "full": {
        **_NEEDED,
        "image": {
            "repository": "registry.example/jackfield",
            "digest": "sha256:" + "0a" * 32,
            "pullSecrets": [{"name": "registry"}],
        },
        "workers": 2,
        "metricsPort": 9464,
        "settings": {"JACKFIELD_RATE_LIMIT": "1000"},
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "host": "hub.example.com",
            "tlsSecret": "hub-tls",
        },
        "networkPolicy": {
            "from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
            "database": [{"podSelector": {"matchLabels": {"app": "postgres"}}}],
            "egress": [{"ports": [{"protocol": "TCP", "port": 4318}]}],
        },
        "podLabels": {"team": "hub"},
        "podAnnotations": {"example.com/note": "x"},
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "tolerations": [{"operator": "Exists"}],
    },
}
REFUSED: dict[str, dict[str, Any]] = {
    "without what is needed": {},
    "without a secret": {**_NEEDED, "existingSecret": ""},
    "with the keyring in clear": {**_NEEDED, "settings": {"JACKFIELD_KEYRING": "x"}},
    "with an unknown value": {**_NEEDED, "replicaCount": 3},
    "with an address that is none": {**_NEEDED, "publicUrl": "hub.example.com"},
}


def digest() -> str:
    """Return a digest of all files of the chart, and of the values it is tried with."""
    found = hashlib.sha256(repr(CASES).encode())
    for file in sorted(CHART.rglob("*")):
        if file.is_file():
            found.update(str(file.relative_to(CHART)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
