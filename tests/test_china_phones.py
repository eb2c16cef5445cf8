"""Phone numbers and postal codes, as clients type them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banli import china

# A shared machine may pause; how long a test takes is not what these properties are about.
unhurried = settings(deadline=None)


@pytest.mark.parametrize(
    ("typed", "kind", "stored", "e164", "masked"),
    [
        ("13800138000", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("19912345678", "mobile", "19912345678", "+8619912345678", "199****5678"),
        (" 138 0013-8000 ", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("１３８００１３８０００", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("+86 138 0013 8000", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("\u202d+86 138 0013 8000\u202c", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("008613800138000", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("8613800138000", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("013800138000", "mobile", "13800138000", "+8613800138000", "138****8000"),
        ("0371-65951234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("037165951234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("0371-6595-1234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("0371—65951234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("+86 371 65951234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("+86 (0)371 65951234", "landline", "0371-65951234", "+8637165951234", "0371-****1234"),
        ("021-63212345", "landline", "021-63212345", "+862163212345", "021-****2345"),
        ("(021)63212345", "landline", "021-63212345", "+862163212345", "021-****2345"),
        ("（０２１）６３２１２３４５", "landline", "021-63212345", "+862163212345", "021-****2345"),
        ("+86-10-82345678", "landline", "010-82345678", "+861082345678", "010-****5678"),
        ("0755-88267533", "landline", "0755-88267533", "+8675588267533", "0755-****7533"),
        ("0310-2234567", "landline", "0310-2234567", "+863102234567", "0310-****4567"),
        ("021-63212345-801", "landline", "021-63212345-801", "+862163212345", "021-****2345-***"),
        ("021-63212345转8001", "landline", "021-63212345-8001", "+862163212345", "021-****2345-***"),
        ("021-63212345 转 8001", "landline", "021-63212345-8001", "+862163212345", "021-****2345-***"),
        ("021-63212345#8001", "landline", "021-63212345-8001", "+862163212345", "021-****2345-***"),
        ("021 63212345 ext. 12", "landline", "021-63212345-12", "+862163212345", "021-****2345-***"),
        ("021-63212345分机801", "landline", "021-63212345-801", "+862163212345", "021-****2345-***"),
        ("0310-2234567-8", "landline", "0310-2234567-8", "+863102234567", "0310-****4567-***"),
    ],
)
def test_a_client_types_a_mobile_or_a_landline(
    typed: str, kind: str, stored: str, e164: str, masked: str
) -> None:
    """R-084, sections 3.6 and 7."""
    phone = china.read_phone(typed)
    assert isinstance(phone, china.Phone)
    assert (phone.kind, phone.text, phone.e164, phone.masked()) == (kind, stored, e164, masked)
    assert repr(phone) == f"Phone({masked})"
    assert china.mask_phone(typed) == masked
    assert china.phone_kind(typed) == kind


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("11150813003", "phone_segment"),
        ("12012345678", "phone_segment"),
        ("17412345678", "phone_segment"),
        ("1380013800", "phone_length"),
        ("138001380001", "phone_length"),
        ("0371-6595123", "phone_landline"),
        ("021-6321234", "phone_landline"),
        ("0351-12345678", "phone_landline"),
        ("0999-9", "phone_landline"),
        ("010-95588", "phone_landline"),
        ("021-", "phone_landline"),
        ("63212345", "phone_area_missing"),
        ("6595123", "phone_area_missing"),
        ("400-820-8820", "phone_service_line"),
        ("800 820 8820", "phone_service_line"),
        ("0400-820-8820", "phone_service_line"),
        ("+86 400 820 8820", "phone_service_line"),
        ("95588", "phone_short_code"),
        ("10086", "phone_short_code"),
        ("110", "phone_short_code"),
        ("+852 91234567", "phone_foreign"),
        ("00852 91234567", "phone_foreign"),
        ("13800138000转1", "phone_mobile_extension"),
        ("13800138000-801", "phone_mobile_extension"),
        ("021-63212345转", "phone_extension"),
        ("021-63212345转1234567", "phone_extension"),
        ("021-63212345转abc", "phone_extension"),
        ("", "phone_length"),
        ("   ", "phone_length"),
        ("电话没有", "phone_characters"),
        ("٠٢١٦٣٢١٢٣٤٥", "phone_characters"),
        ("138²0138000", "phone_characters"),
        ("1" * 1_000_000, "phone_length"),
    ],
)
def test_a_client_is_told_what_is_wrong_with_a_phone_number(typed: str, problem: str) -> None:
    """R-084, R-096, sections 3.6 and 7."""
    assert china.read_phone(typed) == problem
    assert china.phone_kind(typed) == ""


@unhurried
@given(st.sampled_from(sorted(china.MOBILE_SEGMENTS)), st.integers(0, 99_999_999))
def test_every_mobile_of_a_known_segment_is_read(segment: str, rest: int) -> None:
    digits = f"{segment}{rest:08}"
    phone = china.read_phone(digits)
    assert phone == china.Phone("mobile", digits, f"+86{digits}")
    assert china.read_phone(phone.e164) == phone


@unhurried
@given(
    st.integers(10, 999), st.integers(2_000_000, 89_999_999), st.sampled_from(["", "-1", "转80", "#123456"])
)
def test_what_is_stored_reads_as_the_same_landline(area: int, local: int, extension: str) -> None:
    phone = china.read_phone(f"0{area}-{local}{extension}")
    if isinstance(phone, china.Phone):
        assert china.read_phone(phone.text) == phone
        assert str(local)[:-4] not in phone.masked().removeprefix(f"0{area}")


def test_the_segment_list_is_that_of_section_3_6_and_may_be_widened() -> None:
    spans = "130-139 145 147 150-153 155-159 162 165-167 170-173 175-178 180-193 195-199"
    expected = set()
    for span in spans.split():
        first, _, last = span.partition("-")
        expected |= {str(segment) for segment in range(int(first), int(last or first) + 1)}
    assert expected == china.MOBILE_SEGMENTS
    assert isinstance(china.read_phone("17412345678", {"174"}), china.Phone)
    assert isinstance(china.read_phone("16412345678", None), china.Phone)
    assert china.read_phone("12012345678", None) == "phone_segment"


def test_a_number_that_cannot_be_read_is_masked_all_the_same() -> None:
    """C-32: the sample mobile 11150813003 is of no segment."""
    assert china.mask_phone("11150813003") == "111****3003"
    assert china.mask_phone("63212345") == "********"


def test_reading_a_mobile_does_not_load_the_metadata_of_landlines() -> None:
    source = Path(china.__file__).parents[2]
    program = (
        f"import sys; sys.path.insert(0, {str(source)!r}); from banli import china; "
        "assert china.phone_kind('138 0013 8000') == 'mobile'; assert 'phonenumbers' not in sys.modules; "
        "assert china.phone_kind('0371-65951234') == 'landline'; assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# Postal codes


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("450000", {"410000"}),
        ("100000", {"110000"}),
        ("200001", {"310000"}),
        ("401120", {"500000"}),
        ("137400", {"150000", "220000"}),
        ("999077", {"810000", "820000"}),
        ("000000", set()),
        ("", set()),
    ],
)
def test_a_postal_code_points_to_its_province(code: str, found: set[str]) -> None:
    """Section 3.7."""
    assert china.postal_provinces(code) == found


def test_the_sample_postal_code_does_not_fit_its_province() -> None:
    """C-32: 150002 is Harbin, the address was in Henan."""
    assert not china.postal_fits("150002", "410000")
    assert china.postal_fits("150002", "230000")


def test_every_province_of_the_mainland_has_postal_codes() -> None:
    with_codes = {
        province for prefix in range(100) for province in china.postal_provinces(f"{prefix:02}0000")
    }
    assert china.ID_PROVINCES - with_codes == {"710000"}
    assert with_codes - china.ID_PROVINCES == {"810000", "820000"}
