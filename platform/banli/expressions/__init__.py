"""Conditions: one line of CEL, checked against the names that a form knows, true or not true.

    scope = Scope({"section": Type("string", options=("identity", "phone")), "contact_phone": Type("string")})
    found = compile('section == "phone" && phone_kind(contact_phone) == "mobile"', scope)
    found.holds({"section": "phone", "contact_phone": "13800138000"})       # True

`compile` gives a `Condition`, or a list of `Fault` with the character where each one lies. The browser
evaluates `Condition.tree` with `web/assets/conditions.js`; `tests/fixtures/conditions.json` holds the two
sides equal.

What a value is worth: an unanswered field is null, and so is a value that its declared type cannot hold (text
for a number, a whole number beyond 2**53 - 1, half a surrogate pair, a NUL). `x == null` and `x != null` work
for every field; `==`, `!=` and `in` take null like any other value; everything else that meets null is an
error, and an error is not true. Say `agreed != true`, not `!agreed`, where "not answered" shall count as no.
"""

from __future__ import annotations

from .conditions import Condition, Outcome, compile, restore
from .functions import FUNCTIONS
from .names import Fault, Function, Functions, Scope, Type
from .syntax import learn, trees

__all__ = [
    "FUNCTIONS",
    "Condition",
    "Fault",
    "Function",
    "Functions",
    "Outcome",
    "Scope",
    "Type",
    "compile",
    "learn",
    "restore",
    "trees",
]
