"""Video identification: a queue, a call, a record, a decision."""

from .plugin import VideoPlugin

__all__ = ["VideoPlugin"]
