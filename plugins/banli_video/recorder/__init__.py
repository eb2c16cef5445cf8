"""The recorder: a process of its own that gets what both sides of a call send, and keeps it as it came."""
