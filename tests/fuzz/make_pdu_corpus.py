#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_pdu: whole conversations as a peer sends them, one a file.

    make_pdu_corpus.py [FOLDER]      default: corpus/pdu beside this file
"""
import pathlib
import struct
import sys

CT, VERIFICATION, IMPLICIT, EXPLICIT = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1", "1.2.840.10008.1.2",
                                        "1.2.840.10008.1.2.1")


def pdu(kind, body):
    return struct.pack(">BxI", kind, len(body)) + body


def item(kind, body):
    return struct.pack(">BxH", kind, len(body)) + body


def proposed(number, abstract, *syntaxes):
    inner = item(0x30, abstract.encode()) + b"".join(item(0x40, s.encode()) for s in syntaxes)
    return item(0x20, bytes([number, 0, 0, 0]) + inner)


def user(*more, length=16384):
    return item(0x50, item(0x51, struct.pack(">I", length)) + item(0x52, b"1.2.3") + b"".join(more) + item(0x55, b"TEST"))


def request(*contexts, info=None, called=b"INFERAD", calling=b"PACS", application=b"1.2.840.10008.3.1.1.1"):
    fixed = struct.pack(">H2x16s16s32x", 1, called.ljust(16), calling.ljust(16))
    return pdu(1, fixed + item(0x10, application) + b"".join(contexts) + (user() if info is None else info))


def accept(*contexts):
    fixed = struct.pack(">H2x16s16s32x", 1, b"B".ljust(16), b"A".ljust(16))
    answers = b"".join(item(0x21, bytes([n, 0, result, 0]) + item(0x40, IMPLICIT.encode())) for n, result in contexts)
    return pdu(2, fixed + item(0x10, b"1.2.840.10008.3.1.1.1") + answers + user())


def element(number, value):
    return struct.pack("<HHI", 0, number, len(value)) + value


def uid(text):
    return text.encode() + b"\0" * (len(text) % 2)


def command(field, message, data_set, *more):
    number = 0x0120 if field & 0x8000 else 0x0110
    body = element(0x0100, struct.pack("<H", field)) + element(number, struct.pack("<H", message))
    body += element(0x0800, struct.pack("<H", 1 if data_set else 0x0101)) + b"".join(more)
    return element(0, struct.pack("<I", len(body))) + body


def store(message, instance="1.2.3.4"):
    return command(1, message, True, element(2, uid(CT)), element(0x1000, uid(instance)))


def pdv(context, control, body):
    return struct.pack(">IBB", len(body) + 2, context, control) + body


def data(*pdvs):
    return pdu(4, b"".join(pdvs))


RELEASE = pdu(5, bytes(4))
ABORT = pdu(7, bytes(4))
BOTH = (proposed(1, CT, EXPLICIT, IMPLICIT), proposed(3, VERIFICATION, IMPLICIT))
ECHO = data(pdv(3, 3, command(0x30, 1, False, element(2, uid(VERIFICATION)))))


def seeds():
    payload = bytes(range(200))
    roles = item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\1\1")
    identity = item(0x58, b"\2\1" + struct.pack(">H", 4) + b"user" + struct.pack(">H", 4) + b"pass")
    odd = user(item(0x53, b"\0\5\0\5"), roles, item(0x56, struct.pack(">H", 17) + CT.encode()[:17] + b"\1"), identity)
    yield "echo", request(*BOTH) + ECHO + RELEASE
    yield "odd-options", request(*BOTH, info=odd) + ECHO + RELEASE
    yield "repeated-identity", request(*BOTH, info=user(identity, identity))
    yield "store", request(*BOTH) + data(pdv(1, 3, store(1))) + data(pdv(1, 2, payload)) + RELEASE
    yield "store-one-pdu", request(*BOTH) + data(pdv(1, 3, store(1)), pdv(1, 0, payload), pdv(1, 2, payload)) + RELEASE
    yield "store-fragments", request(*BOTH) + b"".join(data(pdv(1, 1, store(2)[i:i + 9])) for i in range(0, 90, 9)) + \
        data(pdv(1, 3, store(2)[90:])) + b"".join(data(pdv(1, 0, bytes([i]) * 10)) for i in range(9)) + \
        data(pdv(1, 2, b"")) + RELEASE
    yield "store-too-large", request(*BOTH) + data(pdv(1, 3, store(1)), pdv(1, 0, bytes(400)), pdv(1, 0, bytes(400)))
    yield "store-endless", request(*BOTH) + data(pdv(1, 3, store(1))) + data(pdv(1, 0, bytes(2000)))
    yield "store-bad-uid", request(*BOTH) + data(pdv(1, 3, store(1, "../../etc")), pdv(1, 2, payload)) + ECHO
    yield "unknown-context", request(*BOTH) + data(pdv(9, 3, store(1)))
    yield "find", request(*BOTH) + data(pdv(1, 3, command(0x20, 7, True)), pdv(1, 2, payload)) + RELEASE
    yield "abort-inside", request(*BOTH) + data(pdv(1, 3, store(1)), pdv(1, 0, payload)) + ABORT
    yield "no-context-known", request(proposed(1, "1.2.3", IMPLICIT), proposed(5, CT, "1.2.3")) + RELEASE
    yield "wrong-application", request(*BOTH, application=b"1.2")
    yield "huge", struct.pack(">BxI", 1, 0xFFFFFFF0)
    yield "http", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "tls", bytes([0x16, 3, 1, 2, 0, 1, 0])
    status = element(0x0900, b"\0\0")
    pending = element(0x0900, b"\0\xff")
    yield "peer-answers", accept((1, 0), (3, 0)) + data(pdv(1, 3, command(0x8001, 1, False, status))) + \
        data(pdv(1, 3, command(0x8020, 2, True, pending)), pdv(1, 2, payload)) + \
        data(pdv(1, 3, command(0x8020, 2, False, status))) + pdu(6, bytes(4))
    yield "peer-rejects", pdu(3, bytes([0, 1, 1, 7]))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "pdu"
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, content) in enumerate(seeds()):
        (folder / name).write_bytes(bytes([number * 7 % 64]) + content)


if __name__ == "__main__":
    main()
