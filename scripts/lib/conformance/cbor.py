"""The part of CBOR (RFC 8949) that Fleet Provisioning uses: maps, arrays, texts, byte strings, integers, booleans and null."""
import struct


class Malformed(ValueError):
    """The bytes are not one CBOR item of the kinds above."""


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for extra, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if number < limit:
            return bytes([major << 5 | extra]) + struct.pack(form, number)
    return bytes([major << 5 | 27]) + struct.pack(">Q", number)


def encode(value):
    """Maps and texts of definite length."""
    if isinstance(value, bool) or value is None:
        return bytes([{False: 0xF4, True: 0xF5, None: 0xF6}[value]])
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(key) + encode(each) for key, each in value.items())
    return head(4, len(value)) + b"".join(encode(each) for each in value)


class Reader:
    """Decodes one item; `indefinite` says whether any map, array or text in it had no length."""

    def __init__(self, data):
        self.data, self.at, self.indefinite = data, 0, False

    def take(self, count):
        if self.at + count > len(self.data):
            raise Malformed("the CBOR item is cut")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, extra):
        if extra < 24:
            return extra
        if extra > 27:
            raise Malformed(f"the length code {extra} is not used here")
        return int.from_bytes(self.take(1 << (extra - 24)), "big")

    def item(self, depth=0):
        if depth > 16:
            raise Malformed("nested too deeply")
        first = self.take(1)[0]
        major, extra = first >> 5, first & 31
        if first in (0x5F, 0x7F, 0x9F, 0xBF):
            self.indefinite = True
            return self.chunks(major, depth)
        if major == 7:
            if extra not in (20, 21, 22, 23):
                raise Malformed(f"the simple value {extra} is not used here")
            return {20: False, 21: True}.get(extra)
        number = self.number(extra)
        if major in (0, 1):
            return number if major == 0 else -1 - number
        if major in (2, 3):
            data = self.take(number)
            return data if major == 2 else data.decode()
        if major == 6:
            raise Malformed("a tag is not used here")
        if number > len(self.data):
            raise Malformed("more entries than bytes")
        entries = [self.item(depth + 1) for _ in range(number * (2 if major == 5 else 1))]
        return dict(zip(entries[::2], entries[1::2])) if major == 5 else entries

    def chunks(self, major, depth):
        parts = []
        while self.data[self.at:self.at + 1] != b"\xff":
            parts.append(self.item(depth + 1))
        self.take(1)
        if major == 5:
            return dict(zip(parts[::2], parts[1::2]))
        return parts if major == 4 else (b"" if major == 2 else "").join(parts)


def decode(data):
    """The value, and whether a part of it had an indefinite length."""
    reader = Reader(data)
    try:
        value = reader.item()
    except (UnicodeDecodeError, TypeError) as error:
        raise Malformed(str(error)) from error
    if reader.at != len(data):
        raise Malformed("bytes follow the CBOR item")
    return value, reader.indefinite
