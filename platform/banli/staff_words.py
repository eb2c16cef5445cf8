"""What is said when an account of the desk cannot be as somebody wants it: code -> English msgid."""

from __future__ import annotations

from collections.abc import Mapping

from banli.sentences import _

STAFF_SENTENCES: Mapping[str, str] = {
    "name_missing": _("Please say who this is, in at most 80 characters."),
    "company_unknown": _("There is no such company, or your role does not let you manage its staff."),
    "branch_unknown": _("Please choose again: one of the branches is none of this company."),
    "mail_wrong": _("This e-mail address cannot be right."),
    "telephone_wrong": _("This phone number cannot be right."),
    "own_roles": _("Nobody changes their own roles. Please ask another administrator."),
    "own_account": _("Nobody does this to their own account. Please ask another administrator."),
    "last_admin": _(
        "This is the last administrator who can sign in. Please give somebody else this role first; nothing was changed."
    ),
    "link_over": _("This link is over or was used already. Please ask an administrator for a new one."),
    "authenticator_wrong": _("This code is not right. Please take the present one of your authenticator; each is good once."),
    "own_password_wrong": _("Your present password is not right."),
    "passwords_differ": _("The two passwords differ. Please enter the new one again."),
}
