"""Traces of runs, for OpenTelemetry: the only user of its packages."""
