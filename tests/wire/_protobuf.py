"""Just enough of Protobuf's wire format to write requests and take answers apart by field number."""


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def data(field: int, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def fields(message: bytes) -> dict[int, list]:
    """Every field's values in order: ints, or bytes (strings and nested messages alike)."""
    found: dict[int, list] = {}
    at = 0

    def read() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = read()
        if tag & 7 == 0:
            value = read()
        elif tag & 7 == 2:
            length = read()
            value = message[at:at + length]
            at += length
        else:
            raise AssertionError(f"wire type {tag & 7} is not used by this API")
        found.setdefault(tag >> 3, []).append(value)
    return found
