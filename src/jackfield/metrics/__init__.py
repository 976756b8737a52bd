"""Metrics of one process, for Prometheus."""
