"""Facts about China that a form has to know: ID numbers, ID-card terms, names, phone numbers, postal codes.

Every reader gives back either the value it read or the code of a problem, a plain string whose sentence is in
the catalogues. Nothing here knows a clock: "today" is handed in. No repr and no exception holds what a person
has typed.
"""

from banli.china.identity import (
    OLDEST_AGE,
    IdNumber,
    IdProblem,
    Sex,
    age_on,
    id_checksum,
    mask_id_number,
    parse_id_number,
    read_id_number,
)
from banli.china.names import NameProblem, mask_name, name_problem, normal_name
from banli.china.phones import (
    MOBILE_SEGMENTS,
    Phone,
    PhoneKind,
    PhoneProblem,
    mask_phone,
    phone_kind,
    read_phone,
)
from banli.china.places import ID_PROVINCES, RESIDENCE_PERMIT_PROVINCES, postal_fits, postal_provinces
from banli.china.validity import (
    LONG_TERM_END,
    Findings,
    Term,
    ValidityProblem,
    ValidityWarning,
    check_validity,
    is_long_term,
    plausible_ends,
    term_for_age,
    term_of,
)

__all__ = [
    "ID_PROVINCES",
    "LONG_TERM_END",
    "MOBILE_SEGMENTS",
    "OLDEST_AGE",
    "RESIDENCE_PERMIT_PROVINCES",
    "Findings",
    "IdNumber",
    "IdProblem",
    "NameProblem",
    "Phone",
    "PhoneKind",
    "PhoneProblem",
    "Sex",
    "Term",
    "ValidityProblem",
    "ValidityWarning",
    "age_on",
    "check_validity",
    "id_checksum",
    "is_long_term",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "name_problem",
    "normal_name",
    "parse_id_number",
    "phone_kind",
    "plausible_ends",
    "postal_fits",
    "postal_provinces",
    "read_id_number",
    "read_phone",
    "term_for_age",
    "term_of",
]
