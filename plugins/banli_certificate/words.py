"""The words of the plugin's pages and problems, by code: English msgids of its catalogue."""

from __future__ import annotations


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue."""
    return msgid


WORDS = {
    "certificate_explained": _("Your digital certificate identifies you, and you alone. It is kept on this device."),
    "certificate_same_device": _(
        "Please use the same device for your business. On another device the certificate has to be installed anew."
    ),
    "certificate_password": _("Enter 6 to 8 digits"),
    "certificate_password_title": _("Certificate password"),
    "certificate_again": _("Enter them again"),
    "certificate_again_title": _("Certificate password once more"),
    "certificate_remember": _(
        "Remember this password: you will need it to sign. We do not know it and cannot reset it; if it is forgotten, you have "
        "to be identified again and install a new certificate."
    ),
    "certificate_apply": _("Apply and install"),
    "certificate_working": _("Making your key and applying for the certificate …"),
    "certificate_installed": _("The digital certificate has been installed!"),
    "certificate_failed": _("The certificate could not be installed."),
    "certificate_reinstall": _("Install again"),
    "certificate_call_us": _("If it fails again, please call {hotline}."),
    "certificate_digits": _("The password is 6 to 8 digits."),
    "certificate_simple": _("Please choose a password that is harder to guess: not all the same digit, not digits in a row."),
    "certificate_differ": _("The two passwords are not the same."),
    "certificate_old_browser": _("This browser cannot keep a certificate. Please open this page in a newer browser."),
    "certificate_not_secure": _("A certificate can only be installed over a secure connection (https)."),
    "certificate_private_mode": _(
        "This browser keeps nothing for later, perhaps because it is in private mode. Please open the page in an ordinary window."
    ),
    "certificate_needs_script": _("To install a certificate, please allow scripts on this page."),
    "certificate_missing": _("No digital certificate was found."),
    "certificate_missing_here": _(
        "Your digital certificate is not on this device. It stays on the device on which it was installed; to sign here, you "
        "have to be identified again and install a new one. The earlier one is then no longer valid."
    ),
    "certificate_none_yet": _("To sign, you have to be identified and install a digital certificate."),
    "certificate_forgotten": _("I have forgotten the password"),
    "certificate_forgotten_title": _("Install a new certificate?"),
    "certificate_forgotten_text": _(
        "A forgotten password cannot be reset. Your certificate ends now; you have to be identified again and install a new one."
    ),
    "certificate_nothing_lost": _("What you have entered, read and ticked is kept."),
    "certificate_locked_title": _("The certificate is locked"),
    "certificate_sign_title": _("Sign with your certificate"),
    "certificate_sign_count": _("Documents to be signed, your entries among them: {count}."),
    "certificate_sign_kept": _("Signed before and still valid: {kept}. Only what has changed is to be signed now: {left}."),
    "certificate_sign_resumed": _("Signed already: {resumed}. Still to be signed: {left}."),
    "certificate_sign_done": _("Everything is signed. Please go on."),
    "certificate_signing": _("Signing {now} of {all} …"),
    "certificate_password_wrong": _("The password is wrong. Tries left: {left}."),
    "certificate_confirm": _("Confirm"),
    "certificate_expires_soon": _("Your certificate ends on {day}."),
    "certificate_needs_script_to_sign": _("To sign, please allow scripts on this page."),
    "certificate_papers_coming": _("Your documents are being drawn up for signing. This takes a few seconds."),
    "certificate_stamps_silent": _("The time stamp authority does not answer."),
    "certificate_stamps_refused": _("The time stamp authority has refused."),
    "certificate_lists_silent": _("What other authorities have revoked cannot be fetched."),
    "certificate_no_seal": _("The company's seal cannot be used."),
    "certificate_offer_over": _("This took too long, or the page was opened elsewhere as well. Please sign again."),
    "certificate_signature_broken": _("The signature could not be accepted. Please sign again."),
    "certificate_ended": _("Your certificate has ended. Please install a new one."),
    "certificate_was_revoked": _("Your earlier certificate is no longer valid. Please install a new one."),
    "certificate_unknown": _("This certificate cannot be used any more. Please install it anew."),
    "certificate_broken": _("The certificate could not be used. Please try again."),
    "certificate_locked": _(
        "The password was wrong too often. The certificate cannot be used any more: you have to be identified again and install "
        "a new one."
    ),
    "certificate_refused": _("The certificate authority has refused the application. Please call us."),
    "certificate_authority_missing": _("Certificates cannot be issued now. Please try again later or call us."),
    "certificate_authority_silent": _("The certificate authority does not answer now. Please try again in a few minutes."),
    "certificate_authority_broken": _("The certificate authority cannot issue certificates now. Please try again later."),
    "certificate_authority_clock": _("The certificate authority cannot issue certificates now. Please try again later."),
    "certificate_revoked": _("Certificate revoked"),
    "certificate_revoked_event": _("The client's certificate {serial} was revoked."),
    "certificate_why_missing": _("Please write why, in at least 3 letters: it is recorded."),
    "certificate_gone": _("This certificate is revoked already. Load the page anew."),
    "certificate_waiting": _(
        "The certificate authority is looking at your application. You can close this page and come back later: it goes on where "
        "it is, and nothing has to be entered again."
    ),
}
