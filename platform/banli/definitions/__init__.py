"""The language: from YAML with places to sealed editions. `README.md` of the site's `definitions/` documents it."""
