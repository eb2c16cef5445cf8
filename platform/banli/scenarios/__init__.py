"""Scenarios: stories of clients and reviewers, told in YAML beside the definitions, and run without a server."""
