"""What clients and reviewers are told of a photo, by code; the Chinese stands in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping


def _(msgid: str) -> str:
    return msgid


CODE, SHORT = "imaging_", "_short"
"""What the codes begin with, and what that of a reviewer's words ends with."""

WORDS: Mapping[str, str] = {
    "imaging_no_card": _("No ID card can be found in the photo. Please lay it on a plain surface and photograph all of it."),
    "imaging_cut_off": _("The card is not wholly in the photo. Please step back a little until all four corners are seen."),
    "imaging_too_small": _("The card is too small in the photo. Please go closer until the card nearly fills it."),
    "imaging_dark": _("The photo is too dark. Please take it again in better light."),
    "imaging_blurred": _("The photo is blurred. Please hold the phone still, wait until it is sharp, and take it again."),
    "imaging_glare": _("The card reflects light. Please turn it or the lamp a little and take it again without flash."),
    "imaging_covered": _("A part of the card is covered. Please take your fingers and other things away and take it again."),
    "imaging_low_contrast": _("Card and ground look too much alike. Please lay the card on a darker or plainer surface."),
    "imaging_copy": _("This looks like a photocopy. Please photograph the card itself, or it may be sent back."),
    "imaging_screen": _("This looks like a photo of a screen. Please photograph the card itself, or it may be sent back."),
    "imaging_no_signature": _("No signature can be found in this photo. Please sign in black on white paper and go close to it."),
    "imaging_other_side": _("This is the other side of the card. Please upload the side that is asked for here."),
    "imaging_busy": _("Many photos are being looked at just now. Please try again in a moment."),
    "imaging_heic": _("HEIC photos cannot be read here. Please take the photo with the camera, or choose a JPEG."),
    "imaging_no_card_short": _("No card found"),
    "imaging_cut_off_short": _("Cut off"),
    "imaging_too_small_short": _("Small"),
    "imaging_dark_short": _("Dark"),
    "imaging_blurred_short": _("Blurred"),
    "imaging_glare_short": _("Glare"),
    "imaging_covered_short": _("Covered"),
    "imaging_low_contrast_short": _("Little contrast to the ground"),
    "imaging_copy_short": _("Perhaps a photocopy"),
    "imaging_screen_short": _("Perhaps a photo of a screen"),
    "imaging_no_signature_short": _("No signature found"),
    "imaging_other_side_short": _("Perhaps the other side"),
}
