"""Certificates of clients: a key that never leaves the phone, and signatures that a court can check."""

from .plugin import CertificatePlugin

__all__ = ["CertificatePlugin"]
