"""Who issues certificates: the interface of an authority, and the one that comes with the platform."""

from .base import CertificateAuthority, Issued, NotIssued, Standing, Subject, Waiting
from .embedded import EmbeddedAuthority

__all__ = ["CertificateAuthority", "EmbeddedAuthority", "Issued", "NotIssued", "Standing", "Subject", "Waiting"]
