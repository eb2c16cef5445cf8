"""Pages for clients and staff. Knows Quart and the stories (`cases`, `clients`, `reviews`), never the store."""
