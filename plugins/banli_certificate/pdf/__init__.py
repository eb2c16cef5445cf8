"""Agreements as PDFs: the client's signature inside (PAdES), the company's seal, time stamps. Needs banli[pdf]."""
