"""Import and export: forms from JSON Schema with its companions, and forms as JSON Schema, lists and pages for others."""

from __future__ import annotations




__all__ = ["Imported", "import_form", "read_json"]
