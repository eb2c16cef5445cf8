"""Sends text messages: into an outbox that a demo shows, through a signed HTTP gateway, or never."""

from banli_otp.gateways import FailingGateway, HttpGateway
from banli_otp.outbox import Message, Outbox
from banli_otp.plugin import OtpPlugin

__all__ = ["FailingGateway", "HttpGateway", "Message", "OtpPlugin", "Outbox"]
