"""Talks CMP (RFC 4210 over HTTP, RFC 6712) with an authority that is elsewhere."""

from .client import CmpAuthority, Way, way_of

__all__ = ["CmpAuthority", "Way", "way_of"]
