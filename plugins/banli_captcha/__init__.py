"""Digits to read in a picture or to hear: one answer for both."""

from banli_captcha.drawing import Drawer
from banli_captcha.plugin import DIGITS, CaptchaPlugin
from banli_captcha.speaking import Speaker

__all__ = ["DIGITS", "CaptchaPlugin", "Drawer", "Speaker"]
