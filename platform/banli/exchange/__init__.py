"""Import and export: forms from JSON Schema with its companions, and forms as JSON Schema, lists and pages for others."""

from __future__ import annotations

from banli.exchange.importing import Imported, import_form
from banli.exchange.reading import read_json
from banli.exchange.trial import Trial

__all__ = ["Imported", "Trial", "import_form", "read_json"]
