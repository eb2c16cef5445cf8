"""ID numbers, the validity of ID cards and names, as clients type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from banli import china

# A shared machine may pause; how long a test takes is not what these properties are about.
unhurried = settings(deadline=None)

TODAY = date(2026, 11, 23)


def id_number(province: str, birth: date, sequence: int, county: str = "0101") -> str:
    body = f"{province[:2]}{county}{birth:%Y%m%d}{sequence:03}"
    return body + china.id_checksum(body)


provinces = st.sampled_from(sorted(china.ID_PROVINCES))
births = st.dates(date(1920, 1, 1), TODAY)
sequences = st.integers(0, 999)
counties = st.integers(0, 9999).map("{:04}".format)
id_numbers = st.builds(id_number, provinces, births, sequences, counties)


# ID numbers


@pytest.mark.parametrize(
    ("typed", "birth", "sex", "province"),
    [
        ("410101199508130033", date(1995, 8, 13), "male", "410000"),
        ("11010519491231002X", date(1949, 12, 31), "female", "110000"),
        ("410105199508130039", date(1995, 8, 13), "male", "410000"),
        ("410105199508130020", date(1995, 8, 13), "female", "410000"),
        ("110105200901010011", date(2009, 1, 1), "male", "110000"),
        ("460100196505050010", date(1965, 5, 5), "male", "460000"),
        ("500112198505050018", date(1985, 5, 5), "male", "500000"),
        ("330113199001010011", date(1990, 1, 1), "male", "330000"),
    ],
)
def test_a_client_types_a_right_id_number(typed: str, birth: date, sex: str, province: str) -> None:
    """R-018, R-032, R-115; counties younger than their people, and new ones, are no reason to refuse."""
    number = china.read_id_number(typed, TODAY)
    assert isinstance(number, china.IdNumber)
    assert (number.text, number.birth, number.sex, number.province) == (typed, birth, sex, province)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("410102199508130035", "id_checksum"),
        ("110105194912310021", "id_checksum"),
        ("130503670401001", "id_fifteen_digits"),
        ("440524188001010014", "id_too_old"),
        ("440306203001010013", "id_future"),
        ("", "id_length"),
        ("41010119950813003", "id_length"),
        ("4101011995081300333", "id_length"),
        ("４１０１０１１９９５０８１３００３３" * 1_000_000, "id_length"),
        ("41010119950813003Y", "id_characters"),
        ("4101011995081300X3", "id_characters"),
        ("٤١٠١٠١١٩٩٥٠٨١٣٠٠٣٣", "id_characters"),
        ("①10101199508130033", "id_characters"),
        ("910101199508130033", "id_province"),
        ("810000199408230021", "id_residence_permit"),
        ("830000199408230021", "id_residence_permit"),
        ("410101199502290031", "id_birth_date"),
        ("410101199513010031", "id_birth_date"),
        ("410101000008130033", "id_birth_date"),
    ],
)
def test_a_client_is_told_what_is_wrong_with_an_id_number(typed: str, problem: str) -> None:
    """R-038, R-096."""
    assert china.read_id_number(typed, TODAY) == problem


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "\t11010519491231002X\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "110105\u300019491231\u00a0002X",
        "\ufeff11010519491231\u200b002X\u202c",
    ],
)
def test_an_id_number_is_the_same_however_the_keyboard_writes_it(typed: str) -> None:
    assert china.read_id_number(typed, TODAY) == china.read_id_number("11010519491231002X", TODAY)


@unhurried
@given(provinces, births, sequences, counties)
def test_every_well_formed_id_number_is_read(province: str, birth: date, sequence: int, county: str) -> None:
    typed = id_number(province, birth, sequence, county)
    number = china.read_id_number(typed, TODAY)
    sex = "male" if sequence % 2 else "female"
    assert number == china.IdNumber(typed, birth, sex, province)  # type: ignore[arg-type]


@unhurried
@given(id_numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_never_passes(number: str, position: int, character: str) -> None:
    assume(number[position] != character)
    typed = number[:position] + character + number[position + 1 :]
    assert isinstance(china.parse_id_number(typed), str)


@unhurried
@given(id_numbers, st.integers(0, 15))
def test_two_swapped_neighbours_never_pass(number: str, position: int) -> None:
    first, second = number[position : position + 2]
    assume(first != second)
    assert isinstance(china.parse_id_number(number[:position] + second + first + number[position + 2 :]), str)


@unhurried
@given(st.text())
def test_whatever_is_typed_gets_an_answer(typed: str) -> None:
    assert isinstance(china.read_id_number(typed, TODAY), str)
    assert isinstance(china.read_phone(typed), str | china.Phone)
    assert china.phone_kind(typed) in {"mobile", "landline", ""}
    assert len(china.mask_id_number(typed)) == len(typed)
    assert isinstance(china.mask_phone(typed), str)
    assert china.name_problem(china.normal_name(typed)) in {
        None,
        "name_length",
        "name_characters",
        "name_dot",
    }


@unhurried
@given(id_numbers)
def test_an_id_number_shows_only_its_ends(typed: str) -> None:
    number = china.parse_id_number(typed)
    assert isinstance(number, china.IdNumber)
    masked = f"{typed[:4]}**********{typed[14:]}"
    assert (number.masked(), str(number), repr(number)) == (
        masked,
        f"IdNumber({masked})",
        f"IdNumber({masked})",
    )


def test_a_wrong_id_number_on_file_is_masked_too() -> None:
    """C-32: what the core system holds need not be right."""
    assert china.mask_id_number("410101199508130099") == "4101**********0099"
    assert china.mask_id_number("130503670401001") == "1305*******1001"
    assert china.mask_id_number("12345678901234") == "**************"
    assert china.mask_id_number("") == ""


# Age


@pytest.mark.parametrize(
    ("birth", "on", "by_birthday", "by_day_after"),
    [
        (date(2008, 11, 23), date(2026, 11, 22), 17, 17),
        (date(2008, 11, 23), date(2026, 11, 23), 18, 17),
        (date(2008, 11, 23), date(2026, 11, 24), 18, 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17, 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18, 18),
        (date(2009, 1, 1), TODAY, 17, 17),
        (TODAY, TODAY, 0, -1),
    ],
)
def test_a_client_is_eighteen_on_the_birthday_or_the_day_after(
    birth: date, on: date, by_birthday: int, by_day_after: int
) -> None:
    """R-032, and what section 3.3 says of 周岁."""
    assert china.age_on(birth, on) == by_birthday
    assert china.age_on(birth, on, birthday_counts=False) == by_day_after


# Validity of the card


@pytest.mark.parametrize(
    ("start", "end", "birth", "problems", "warnings"),
    [
        (date(2020, 5, 1), date(2040, 5, 1), date(1990, 1, 1), (), ()),
        (date(2024, 2, 29), date(2044, 2, 28), date(1990, 1, 1), (), ()),
        (date(2020, 2, 29), date(2030, 3, 1), date(2000, 1, 1), (), ()),
        (date(2020, 5, 1), date(2040, 4, 30), None, (), ()),
        (date(2020, 5, 1), date(2099, 12, 31), date(1970, 1, 1), (), ()),
        (date(2020, 5, 1), date(2099, 12, 31), None, (), ()),
        (date(2020, 5, 1), date(2099, 12, 31), date(1990, 1, 1), (), ("validity_long_term_age",)),
        (date(2020, 5, 1), date(2040, 5, 1), date(1970, 1, 1), (), ("validity_term_age",)),
        (date(2022, 5, 1), date(2032, 5, 1), date(1990, 1, 1), (), ("validity_term_age",)),
        (TODAY, TODAY.replace(year=2046), date(1990, 1, 1), (), ()),
        (date(2006, 11, 23), TODAY, date(1970, 1, 1), (), ()),
        (date(2006, 11, 22), date(2026, 11, 22), date(1970, 1, 1), ("validity_expired",), ()),
        (date(2026, 11, 24), date(2046, 11, 24), date(1990, 1, 1), ("validity_not_started",), ()),
        (date(2020, 5, 1), date(2020, 5, 1), None, ("validity_order",), ()),
        (date(2030, 5, 1), date(2020, 5, 1), None, ("validity_not_started", "validity_order"), ()),
        (date(2020, 5, 1), date(2030, 5, 1), date(2021, 1, 1), ("validity_before_birth",), ()),
        (date(2016, 1, 1), date(2026, 12, 31), date(1995, 8, 13), ("validity_term",), ()),
        (date(2015, 1, 1), date(2025, 12, 31), date(1995, 8, 13), ("validity_expired",), ()),
    ],
)
def test_a_newly_typed_validity_is_judged(
    start: date,
    end: date,
    birth: date | None,
    problems: tuple[str, ...],
    warnings: tuple[str, ...],
) -> None:
    """R-081: problems stop, a term that does not fit the age only warns."""
    findings = china.check_validity(start, end, today=TODAY, birth=birth)
    assert (findings.problems, findings.warnings) == (problems, warnings)


def test_the_term_follows_the_age_at_issue() -> None:
    ages = [0, 15, 16, 25, 26, 45, 46, 90]
    assert [china.term_for_age(age) for age in ages] == [5, 5, 10, 10, 20, 20, "long", "long"]


def test_long_term_is_known_by_the_dates_of_several_systems() -> None:
    """R-077, R-078."""
    assert china.LONG_TERM_END.isoformat() == "2099-12-31"
    days = [date(2099, 12, 31), date(3000, 12, 31), date(9999, 12, 31), date(2099, 12, 30)]
    assert [china.is_long_term(day) for day in days] == [True, True, True, False]


@unhurried
@given(births, births, st.integers(1, 40_000))
def test_a_card_of_the_right_term_is_never_stopped(birth: date, start: date, days: int) -> None:
    assume(birth <= start)
    term = china.term_for_age(china.age_on(birth, start))
    end = china.LONG_TERM_END if term == "long" else sorted(china.plausible_ends(start, term))[1]
    assume(end >= TODAY)
    assert china.check_validity(start, end, today=TODAY, birth=birth) == china.Findings()
    assert china.check_validity(start, start - timedelta(days=days), today=TODAY).problems == (
        "validity_order",
    )


def test_dates_at_the_end_of_time_are_no_accident() -> None:
    far = china.check_validity(date(9995, 1, 1), date(9999, 1, 1), today=TODAY)
    assert far.problems == ("validity_not_started", "validity_term")


# Names


def test_the_middle_dot_of_a_name_is_one_character_however_it_is_typed() -> None:
    """Section 3.5."""
    for dot in "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\uff0e":
        name = china.normal_name(f" 买买提{dot}艾力\u200b ")
        assert (name, china.name_problem(name)) == ("买买提\u00b7艾力", None)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("张三", None),
        ("〇二", None),
        ("𠮷野", None),
        ("\ufa0c\ue863", None),
        ("张" * 20, None),
        ("阿" * 24 + "·" + "克" * 25, None),
        ("张", "name_length"),
        ("", "name_length"),
        ("𠮷", "name_length"),
        ("张" * 21, "name_length"),
        ("测试0033", "name_characters"),
        ("Zhang San", "name_characters"),
        ("张三<script>", "name_characters"),
        ("张😀", "name_characters"),
        ("·艾力", "name_dot"),
        ("艾力·", "name_dot"),
        ("买买提··艾力", "name_dot"),
    ],
)
def test_a_newly_typed_name_is_judged_by_its_characters(name: str, problem: str | None) -> None:
    """Section 3.5; C-32 keeps it away from names on file."""
    assert china.name_problem(name) == problem


def test_a_rare_character_keeps_its_own_code_point() -> None:
    assert china.normal_name("\ufa0c三") == "\ufa0c三"


def test_a_name_is_masked_behind_its_first_character() -> None:
    assert [china.mask_name(name) for name in ("张三", "𠮷野家", "")] == ["张*", "𠮷**", ""]
