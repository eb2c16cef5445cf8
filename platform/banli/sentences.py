"""What is said of a problem when neither its author nor the company has words of their own: code -> English msgid."""

from __future__ import annotations

import re
from collections.abc import Mapping


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue."""
    return msgid


SENTENCES: Mapping[str, str] = {
    # answers
    "required": _("Please fill this in."),
    "characters": _("Please leave out characters that cannot be seen or printed."),
    "type": _("This is not the kind of answer that is expected here."),
    "schema": _("This answer is not accepted here. Please check it."),
    "format": _("The format is not right. Please check it."),
    "pattern": _("The format is not right. Please check it."),
    "const": _("Please tick this to go on."),
    "choice": _("Please choose one of the options."),
    "exclusive": _("This option cannot be chosen together with others."),
    "within": _("Please choose again: this does not belong to the choice above."),
    "too_short": _("Please enter at least {least} characters."),
    "too_long": _("Please enter at most {most} characters."),
    "too_small": _("Please enter a number not below {least}."),
    "too_large": _("Please enter a number not above {most}."),
    "multiple_of": _("Please enter a multiple of {of}."),
    "too_few": _("Please choose or add at least {least}."),
    "too_many": _("Please choose or add at most {most}."),
    "twice": _("The same thing stands here twice."),
    "number": _("Please enter a number."),
    "date": _("Please enter a date such as 2026-01-31."),
    "order": _("The end must not be before the beginning."),
    "reopened": _("Please correct this."),
    "nothing_corrected": _("What was sent back to you is as it was. Please check it once more."),
    "unverified": _("This could not be checked. Please try again."),
    # phones
    "phone_length": _("The number of digits is not right. Please enter a mobile number or a landline with area code."),
    "phone_characters": _("Please enter a phone number in digits."),
    "phone_extension": _("The extension is not right. Please write it like 021-63212345-801."),
    "phone_foreign": _("Please enter a phone number of the Chinese mainland."),
    "phone_service_line": _("Service numbers such as 400 or 800 are not accepted. Please enter your own number."),
    "phone_short_code": _("Short numbers are not accepted. Please enter the whole number."),
    "phone_area_missing": _("Please enter the landline with its area code, such as 021-63212345."),
    "phone_segment": _("There is no such mobile number. Please check its first digits."),
    "phone_landline": _("The area code or the number of the landline is not right. Please check it."),
    "phone_mobile_extension": _("A mobile number has no extension."),
    # identity numbers and names
    "id_length": _("An ID number has 18 characters. Please check it."),
    "id_characters": _("An ID number has only digits, and perhaps an X at the end."),
    "id_fifteen_digits": _(
        "ID numbers of 15 digits are no longer valid. Please enter the 18 characters of your present card."
    ),
    "id_residence_permit": _("Residence permits cannot be used here. Please contact the company."),
    "id_province": _("The first digits of the ID number are not right. Please check it."),
    "id_birth_date": _("The birth date in the ID number is not right. Please check it."),
    "id_future": _("The birth date in the ID number is not right. Please check it."),
    "id_too_old": _("The birth date in the ID number is not right. Please check it."),
    "id_checksum": _("The ID number has a typing mistake. Please check it once more."),
    "name_characters": _("Please enter the name as it stands on the ID card."),
    "name_dot": _("The middle dot stands between two parts of a name."),
    "name_length": _("Please enter the whole name as it stands on the ID card."),
    # validity of a card
    "validity_not_started": _("The validity must not begin after today."),
    "validity_expired": _("This validity is over. Please use a valid ID card."),
    "validity_order": _("The end must not be before the beginning."),
    "validity_before_birth": _("The validity must not begin before the birth date."),
    "validity_term": _("ID cards are usually valid for 5, 10 or 20 years or without end. Please check it against the card."),
    "validity_long_term_age": _("Cards without end are issued from the age of 46. Please check it against the card."),
    "validity_term_age": _("The term does not fit the age at issue. Please check it against the card."),
    # the door
    "no_account": _("You have no account with this company. Please open one first or contact the company."),
    "no_mobile_on_file": _("No mobile number is on file. Please contact the company."),
    "under_age": _("This business is for clients of 18 years and above."),
    "directory_unavailable": _("The company's system does not answer now. Please try again in a few minutes."),
    "slow_down": _("Too many tries. Please try again in {minutes} minutes."),
    "service_closed": _("The service is closed now. Please come back during service hours."),
    "captcha_wrong": _("The characters are not right. Please look at the picture once more."),
    "captcha_expired": _("This picture is no longer valid. Please use the new one."),
    "code_none": _("Please have a code sent first."),
    "code_wrong": _("The code is not right. Please check it."),
    "code_expired": _("The code is no longer valid. Please have a new one sent."),
    "code_used_up": _("Too many wrong codes. Please have a new one sent."),
    "code_wait": _("A code was sent just now. Another can be sent in {seconds} seconds."),
    "code_capped": _("Too many codes were sent to this number today. Please try again tomorrow or contact the company."),
    "codes_too_often": _("Too many codes were asked for today. Please try again tomorrow or contact the company."),
    "code_not_sent": _("The message could not be sent now. Please try again in a minute."),
    # photos
    "file_empty": _("The picture is empty. Please choose another one."),
    "file_too_large": _("The picture is too large. Please choose one below {most} MB."),
    "file_type": _("Please choose a picture in JPEG, PNG or WebP format."),
    "file_pixels": _("The picture has too many pixels. Please take it again with the phone's camera."),
    "file_too_small": _("The picture is too small. Please take a photo of at least {least} by {least} pixels."),
    "file_broken": _("The picture cannot be read. Please take it again."),
    "file_unknown": _("This picture is no longer there. Please upload it again."),
    "too_many_files": _("Too many pictures were uploaded in this business. Please contact the company."),
    # on the way
    "choose_group": _("Please choose what to change."),
    "read_first": _("Please open and read every document first. Not read yet: {count}."),
    "agree_first": _("Please tick that you have read and agree."),
    "begun_too_often": _("Too much was begun today. Please go on tomorrow or contact the company."),
    "open_business_exists": _("You have an unfinished business. Please finish or abandon it before you start another."),
    "changed_meanwhile": _("This business has moved on meanwhile, perhaps on another device. This is its present page."),
    "step_not_open": _("That page is not open now. This is the present one."),
    "started_already": _("This business has begun already."),
    "not_now": _("This cannot be done in the present state."),
    "not_finished": _("Some pages are not finished yet. This is the next one."),
    "taken_by_reviewer": _("A reviewer has begun with this business. It can no longer be abandoned or taken back."),
    "ended_already": _("This business has ended already."),
    "form_expired": _("The page had been open for too long. Please check your entries and send it again."),
    "logged_out": _("For your safety you were logged out. Please log in again; what you had entered is kept."),
    "upload_failed": _("The upload did not succeed. Please check the network and try again."),
    # the first page
    "company_unknown": _("There is no company with this number. Please check it."),
    "company_code_missing": _("Please enter the number of your company."),
    "company_disabled": _("This company has no online business yet."),
    # the desk
    "claimed_by_other": _("Somebody else works on this case now."),
    "not_in_queue": _("This case is not in the queue."),
    "not_in_review": _("This case is not in review."),
    "four_eyes": _("The second review needs another person."),
    "choose_reason": _("Please choose a reason."),
    "reopens_nothing": _("This reason reopens no page of this case. Please choose another."),
    "login_taken": _("There is already somebody with this login in this company."),
    "login_format": _("A login has 2 to 32 small letters, digits, points, hyphens or underscores."),
    "login_unknown": _("There is nobody with this login in this company."),
    "role_unknown": _("There is no such role. The roles are reviewer, agent, configurer, auditor and admin."),
    "password_short": _("A password has at least {least} characters."),
    "password_weak": _("This password is too easy to guess. Please choose another."),
}
"""Every code that a client or a reviewer can meet. `{…}` are the problem's params."""


TEXTS = frozenset((
    # every page
    "cancel", "close", "contact_company", "edit", "next", "tips_title", "understood",
    # the first page, the menu, before a business
    "choose_business", "company_code_placeholder", "scan_to_start", "service_closing", "start_business", "steps_title",
    # login
    "device_missing", "login_button", "login_tips", "login_title", "prepare_title", "sms_code", "sms_not_received",
    "system_requirements", "version_label",
    # photos
    "photo_from_album", "photo_on_file", "photo_retake", "photo_take",
    # my business
    "abandon", "abandon_confirm", "business_type", "case_abandoned", "case_expired", "case_number", "case_remark",
    "case_started", "case_state", "completed_none", "completed_title", "pending_none", "pending_title", "resume",
    "submit_title", "withdraw",
))  # fmt: skip
"""The other words of the fixed pages that a site or a company can choose. Where none did, a page has words of its own."""

WORDS = frozenset(SENTENCES) | TEXTS
"""All codes that `texts` in site.yaml and company.yaml can have."""

_PARAM = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")


def put(text: str, params: Mapping[str, object]) -> str:
    """As `fill`, for a text that others wrote: braces around anything but one name stay as they are."""
    return _PARAM.sub(lambda found: str(params.get(found[1], "")), text) if "{" in text else text


def fill(sentence: str, params: Mapping[str, object]) -> str:
    """The sentence with its params; one that is missing is left out rather than shown with braces."""
    return sentence.format_map(_Blank(params)) if "{" in sentence else sentence


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
