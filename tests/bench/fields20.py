"""The one form that every contender serves: 20 fields, 3 of them asked only after certain answers."""

from __future__ import annotations

CHOICES = {
    "education": ["master", "bachelor", "college", "school", "other"],
    "occupation": [f"o{n:02}" for n in range(1, 31)],
    "term": ["y0_1", "y1_5", "y5_plus"],
    "goal": ["steady", "growth", "aggressive"],
    "control": ["no", "yes"],
    "beneficiary": ["self", "other"],
    "products": ["futures", "am", "other"],
}
"""Fields with options; `products` takes several."""

TEXTS = [
    "name", "address", "city", "postal_code", "email", "phone", "employer", "employer_kind", "birthday", "income",
]  # fmt: skip
HIDDEN = {"control_detail": ("control", "yes"), "beneficiary_detail": ("beneficiary", "other"), "products_detail": ("products", "other")}
"""Fields that are asked when another field has an answer."""

REQUIRED = ["name", "address", "city", "postal_code", "phone", "education", "occupation", "term", "goal", "control", "beneficiary", "products"]
ALL = [*TEXTS, *CHOICES, *HIDDEN]
assert len(ALL) == 20

GOOD: dict[str, list[str]] = {
    "name": ["Sample Person"],
    "address": ["1 Sample Road, Sample Town"],
    "city": ["Zhengzhou"],
    "postal_code": ["450000"],
    "email": ["sample@example.com"],
    "phone": ["13900010001"],
    "employer": ["Sample Works"],
    "employer_kind": ["private"],
    "birthday": ["1995-08-13"],
    "income": ["120000"],
    "education": ["master"],
    "occupation": ["o07"],
    "term": ["y1_5"],
    "goal": ["steady"],
    "control": ["yes"],
    "control_detail": ["A family member places the orders."],
    "beneficiary": ["self"],
    "products": ["futures", "am"],
}
BAD = {**GOOD, "email": ["nobody"], "postal_code": ["45"], "education": ["none"], "birthday": ["yesterday"], "name": [""]}
