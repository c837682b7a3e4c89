"""Protobuf's wire format: bytes that its documentation gives, and what is refused."""

import struct

import pytest

from ppgn_bench.caffe import wire
from ppgn_bench.errors import UserError
from tests.caffe import writing


def fields(content: bytes) -> list[wire.Field]:
    return list(wire.fields(memoryview(content), 0, len(content)))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("00", 0),
        ("7f", 127),
        ("9601", 150),  # the example of protobuf's documentation
        ("8001", 128),
        ("ffffffffffffffffff01", 2**64 - 1),
        ("8080808080808080808001"[2:], 2**63),
        ("8000", 0),  # longer than it need be, and allowed
    ],
)
def test_a_varint_is_seven_bits_a_byte_the_lowest_first(content: str, value: int) -> None:
    octets = bytes.fromhex(content)
    assert wire.varint(memoryview(b"\xff" + octets + b"\x05"), 1, len(octets) + 2) == (value, len(octets) + 1)


@pytest.mark.parametrize("value", [0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
def test_a_signed_number_comes_back(value: int) -> None:
    content = writing.varint(value)
    assert wire.signed(wire.varint(memoryview(content), 0, len(content))[0]) == value


@pytest.mark.parametrize("content", ["80", "ff" * 9, "96"])
def test_a_varint_that_is_cut_off_is_refused(content: str) -> None:
    octets = bytes.fromhex(content)
    with pytest.raises(UserError, match="byte 0: a number is cut off"):
        wire.varint(memoryview(octets + b"\x01"), 0, len(octets))  # what comes behind is another message's


@pytest.mark.parametrize("content", ["80" * 10 + "01", "ff" * 9 + "02", "ff" * 40])
def test_a_varint_over_64_bits_is_refused(content: str) -> None:
    octets = bytes.fromhex(content)
    with pytest.raises(UserError, match="byte 0: a number of more than 64 bits"):
        wire.varint(memoryview(octets), 0, len(octets))


def test_a_message_is_its_fields_in_their_order_with_their_places() -> None:
    content = bytes.fromhex(
        "089601" + "120774657374696e67" + "1a03089601"
    )  # the documentation's Test1, Test2 and Test3
    first, second, third = fields(content)
    assert (first.number, first.wire, first.value) == (1, wire.VARINT, 150)
    assert (second.number, second.wire, content[second.start : second.stop]) == (2, wire.LEN, b"testing")
    assert (third.number, content[third.start : third.stop]) == (3, bytes.fromhex("089601"))
    assert [first.at, second.at, third.at] == [0, 3, 12]


def test_packed_numbers_come_one_by_one() -> None:
    (field,) = fields(bytes.fromhex("3206038e029ea705"))  # the documentation's Test5
    assert list(wire.varints(memoryview(bytes.fromhex("3206038e029ea705")), field.start, field.stop)) == [3, 270, 86942]


@pytest.mark.parametrize("size", [1, 2, 3, 17, 1000, 3000])
@pytest.mark.parametrize("double", [False, True])
def test_equal_fixed_numbers_in_a_row_are_one_field(size: int, double: bool) -> None:
    numbers = [0.25 * i for i in range(size)]
    content = writing.integer(1, 7) + writing.floats(5, numbers, packed=False, double=double) + writing.integer(1, 8)
    _, run, last = fields(content)
    width, kind = (8, "<d") if double else (4, "<f")
    assert (run.number, run.repeats, last.value) == (5, size, 8)
    found = [struct.unpack_from(kind, content, run.start + i * (1 + width))[0] for i in range(size)]
    assert found == numbers


def test_a_run_ends_at_its_message_though_the_next_begins_alike() -> None:
    one = writing.floats(5, [1.0, 2.0], packed=False)
    content = memoryview(one + one)
    (run,) = wire.fields(content, 0, len(one))
    assert run.repeats == 2


def test_a_value_that_looks_like_a_tag_ends_no_run() -> None:
    looks_like_tags = struct.unpack("<f", b"\x2d\x2d\x2d\x2d")[0]
    content = writing.floats(5, [looks_like_tags] * 9, packed=False) + writing.integer(1, 1)
    run, _ = fields(content)
    assert run.repeats == 9


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01", "byte 0: field number 0 is impossible"),
        (writing.integer(1, 1) + b"\x02\x00", "byte 2: field number 0 is impossible"),
        (writing.tag(2**29, 0) + b"\x00", "byte 0: field number 536870912 is impossible"),
        (writing.tag(5, writing.LEN) + writing.varint(2**31 - 1), "field 5 claims 2147483647 bytes, 0 are left"),
        (writing.tag(5, writing.LEN) + writing.varint(-1), "field 5 claims 18446744073709551615 bytes, 0 are left"),
        (writing.inside(7, b"abc")[:-1], "byte 0: field 7 claims 3 bytes, 2 are left"),
        (writing.floats(5, [1.0], packed=False)[:-1], "byte 0: field 5 claims 4 bytes, 3 are left"),
        (writing.floats(8, [1.0], packed=False, double=True)[:-1], "byte 0: field 8 claims 8 bytes, 7 are left"),
        (writing.tag(5, writing.I32), "byte 0: field 5 claims 4 bytes, 0 are left"),
        (writing.tag(9, writing.GROUP) * 1000, "byte 0: field 9 is a group"),
        (writing.tag(9, writing.END_GROUP), "byte 0: field 9 is a group"),
        (writing.tag(9, 6), "byte 0: field 9 is of the unknown wire type 6"),
        (writing.tag(9, 7), "byte 0: field 9 is of the unknown wire type 7"),
        (b"\x08", "byte 1: a number is cut off"),
        (b"\x80", "byte 0: a number is cut off"),
    ],
)
def test_what_is_no_field_is_refused_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fields(content)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (writing.inside(1, b"a" * 257), "byte 0: a name of 257 bytes"),
        (writing.inside(1, b"\xff"), "byte 0: a name that is not UTF-8"),
        (writing.text(1, "a\nb"), r"byte 0: a name with unprintable characters: 'a\\nb'"),
        (writing.text(1, "a\x1b[2J"), "unprintable"),
        (writing.integer(1, 3), "byte 0: field 1 is of wire type 0, not 2"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(field: bytes, message: str) -> None:
    (only,) = fields(field)
    with pytest.raises(UserError, match=message):
        wire.text(memoryview(field), only)
