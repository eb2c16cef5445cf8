"""The one form that every contender serves: 20 fields, 3 of them asked only after certain answers.

As many fields and options to choose from as the change form of the example business (forms/other_info.yaml) has.
"""

from __future__ import annotations

CHOICES = {
    "province": [f"p{n:02}" for n in range(1, 35)],
    "city": [f"c{n:02}" for n in range(1, 19)],
    "education": ["master", "bachelor", "college", "school", "other"],
    "occupation": [f"o{n:02}" for n in range(1, 46)],
    "employer_kind": [f"e{n:02}" for n in range(1, 14)],
    "office": ["none", "own", "relative", "associate"],
    "term": ["y0_1", "y1_5", "y5_plus"],
    "goal": ["steady", "growth", "aggressive"],
    "control": ["no", "yes"],
    "beneficiary": ["self", "other"],
    "products": ["futures", "am", "other"],
}
"""Fields with options."""

SELECTS = ("province", "city", "education", "occupation", "employer_kind")
"""These as a drop-down, `products` as boxes to tick several, the others as radio buttons."""

TEXTS = ["address", "postal_code", "email", "phone", "birthday", "income"]
HIDDEN = {
    "control_detail": ("control", "yes"),
    "beneficiary_detail": ("beneficiary", "other"),
    "products_detail": ("products", "other"),
}
"""Fields that are asked, and then required, when another field has an answer."""

REQUIRED = [
    "address", "postal_code", "phone", "province", "city", "education", "occupation", "office", "term", "goal", "control",
    "beneficiary", "products",
]  # fmt: skip
ALL = [*TEXTS, *CHOICES, *HIDDEN]
OPTIONS = sum(map(len, CHOICES.values()))
assert len(ALL) == 20

GOOD: dict[str, list[str]] = {
    "address": ["1 Sample Road, Sample Town"],
    "postal_code": ["450000"],
    "email": ["sample@example.com"],
    "phone": ["13900010001"],
    "birthday": ["1995-08-13"],
    "income": ["120000"],
    "province": ["p16"],
    "city": ["c01"],
    "education": ["master"],
    "occupation": ["o07"],
    "employer_kind": ["e02"],
    "office": ["none"],
    "term": ["y1_5"],
    "goal": ["steady"],
    "control": ["yes"],
    "control_detail": ["A family member places the orders."],
    "beneficiary": ["self"],
    "products": ["futures", "am"],
}
BAD = {**GOOD, "email": ["nobody"], "postal_code": ["45"], "education": ["none"], "birthday": ["yesterday"], "address": [""]}
"""Five mistakes."""
WRONG = {"email", "postal_code", "education", "birthday", "address"}
