"""Links to what the hub serves beside the API."""

from jackfield.connectors.connector import Connector


def icon_url(public_url: str, connector: Connector) -> str:
    return public_url + connector.icon_path
