"""Sends e-mails: into an outbox that a demo shows, through an SMTP server, or never."""

from banli_email.gateways import FailingGateway, MailOutbox
from banli_email.plugin import EmailPlugin
from banli_email.smtp import Security, SmtpGateway

__all__ = ["EmailPlugin", "FailingGateway", "MailOutbox", "Security", "SmtpGateway"]
