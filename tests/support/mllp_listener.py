#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A test HL7 v2 receiver: MLLP over TCP (or TLS), answers each message with ACK/NAK, logs JSON lines.

Needs (Debian): python3. With python3-hl7 installed each message is also parsed by that library, an
independent opinion: one that it cannot parse, or that has no MSH-9/MSH-10, gets AR.
Prints one line "ready PORT" when it listens. End it with SIGTERM.
"""
import argparse
import asyncio
import datetime
import json
import re
import signal
import ssl
import sys

try:
    import hl7
except ImportError:
    hl7 = None

START, END = b"\x0b", b"\x1c\r"


def fields_of(text):
    """Segments as lists; index n is HL7 field n, MSH included."""
    rows = []
    separator = text[3:4] or "|"
    for line in re.split(r"[\r\n]+", text):
        if line:
            row = line.split(separator)
            if row[0] == "MSH":
                row.insert(1, separator)
            rows.append(row)
    return rows


def field(row, index):
    return row[index] if row and len(row) > index else ""


def judge(raw, options):
    """(message facts, acknowledgement code, reason)"""
    try:
        text = raw.decode(options.encoding)
    except UnicodeDecodeError as problem:
        return {"raw_hex": raw.hex()}, "AR", f"not {options.encoding}: {problem.reason}"
    facts = {"raw": text}
    if not text.startswith("MSH") or len(text) < 8:
        return facts, "AR", "no MSH segment"
    rows = fields_of(text)
    header = rows[0]
    facts.update({
        "sending_application": field(header, 3), "sending_facility": field(header, 4),
        "receiving_application": field(header, 5), "receiving_facility": field(header, 6),
        "time": field(header, 7), "type": field(header, 9), "control_id": field(header, 10),
        "processing_id": field(header, 11), "version": field(header, 12), "charset": field(header, 18),
        "segments": [row[0] for row in rows], "fields": {},
    })
    for row in rows:
        facts["fields"].setdefault(row[0], []).append(row[1:])
    if "\n" in text:
        facts["warning"] = "a line feed in the message: HL7 segments end with a carriage return only"
    if not facts["type"] or not facts["control_id"]:
        return facts, "AR", "MSH-9 or MSH-10 is empty"
    if options.accept_type and not any(facts["type"].startswith(want) for want in options.accept_type):
        return facts, "AR", f"message type {facts['type']} is not supported"
    if hl7 is not None:
        try:
            parsed = hl7.parse(text)
            facts["python3_hl7"] = {"ok": True, "type": str(parsed["MSH.F9"]), "segments": len(parsed)}
        except Exception as problem:  # any failure of the independent parser is the finding
            facts["python3_hl7"] = {"ok": False, "error": f"{type(problem).__name__}: {problem}"}
            return facts, "AR", "python3-hl7 cannot parse it"
    return facts, "AA", ""


def acknowledgement(facts, code, reason, counter):
    now = datetime.datetime.now().strftime("%Y%m%d%H%M%S")
    kind = facts.get("type", "").split("^")
    event = kind[1] if len(kind) > 1 else ""
    ack_type = f"ACK^{event}^ACK" if event else "ACK"
    lines = ["MSH|^~\\&|{}|{}|{}|{}|{}||{}|ACK{}|{}|{}".format(
        facts.get("receiving_application", ""), facts.get("receiving_facility", ""),
        facts.get("sending_application", ""), facts.get("sending_facility", ""),
        now, ack_type, counter, facts.get("processing_id") or "P", facts.get("version") or "2.5.1"),
        "MSA|{}|{}".format(code, facts.get("control_id", ""))]
    if code != "AA":
        reason = reason.replace("\\", "\\E\\").replace("|", "\\F\\").replace("^", "\\S\\").replace("&", "\\T\\")
        lines.append("ERR|||207^Application internal error^HL70357|E||||" + reason)
    return ("\r".join(lines) + "\r").encode("utf-8")


class Listener:
    def __init__(self, options):
        self.options = options
        self.count = 0
        self.log = open(options.log, "a", encoding="utf-8", buffering=1) if options.log else sys.stdout

    def write(self, **entry):
        entry = {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"), **entry}
        print(json.dumps(entry, ensure_ascii=False), file=self.log, flush=True)

    async def serve(self, reader, writer):
        peer = writer.get_extra_info("peername")
        peer = f"{peer[0]}:{peer[1]}" if peer else "?"
        buffer = b""
        try:
            while True:
                block = await reader.read(65536)
                if not block:
                    break
                buffer += block
                while True:
                    begin = buffer.find(START)
                    if begin < 0:
                        if buffer:
                            self.write(event="junk", peer=peer, bytes=buffer[:200].hex())
                        buffer = b""
                        break
                    if begin > 0:
                        self.write(event="junk", peer=peer, bytes=buffer[:begin][:200].hex())
                        buffer = buffer[begin:]
                    stop = buffer.find(END)
                    if stop < 0:
                        if len(buffer) > self.options.max_bytes:
                            self.write(event="too long", peer=peer, bytes=len(buffer))
                            return
                        break
                    raw, buffer = buffer[1:stop], buffer[stop + len(END):]
                    await self.answer(raw, peer, writer)
            if buffer:
                self.write(event="cut off", peer=peer, bytes=buffer[:200].hex())
        except (ConnectionError, ssl.SSLError) as problem:
            self.write(event="connection lost", peer=peer, error=str(problem))
        finally:
            writer.close()

    async def answer(self, raw, peer, writer):
        options = self.options
        self.count += 1
        facts, code, reason = judge(raw, options)
        if code == "AA" and self.count <= options.fail_first:
            code, reason = options.fail_code, "told to fail the first messages"
        quiet = options.no_ack_first >= self.count
        drop = options.drop_first >= self.count
        self.write(event="message", number=self.count, peer=peer, ack=None if quiet or drop else code,
                   reason=reason, **facts)
        if drop:
            writer.transport.abort()
            raise ConnectionError("dropped on purpose")
        if quiet:
            return
        if options.delay:
            await asyncio.sleep(options.delay)
        if options.stray_acks:
            stray = {**facts, "control_id": "not-" + facts.get("control_id", "")}
            writer.write((START + acknowledgement(stray, "AR", "a stray one", self.count) + END) * options.stray_acks)
        writer.write(START + acknowledgement(facts, code, reason, self.count) + END)
        await writer.drain()
        if options.close_after_ack:
            writer.close()


async def run(options):
    context = None
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
        if options.tls_ca:
            context.load_verify_locations(options.tls_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    listener = Listener(options)
    server = await asyncio.start_server(listener.serve, options.host, options.port, ssl=context)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await stop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one (see the ready line)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--log", help="file for the JSON lines (default: stdout)")
    parser.add_argument("--encoding", default="utf-8")
    parser.add_argument("--accept-type", action="append", help="accept only these MSH-9 prefixes, e.g. ORU^R01")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each ACK")
    parser.add_argument("--fail-first", type=int, default=0, metavar="N", help="answer the first N messages with --fail-code")
    parser.add_argument("--fail-code", choices=("AE", "AR"), default="AE")
    parser.add_argument("--no-ack-first", type=int, default=0, metavar="N", help="do not answer the first N messages")
    parser.add_argument("--drop-first", type=int, default=0, metavar="N", help="cut the connection on the first N messages")
    parser.add_argument("--stray-acks", type=int, default=0, metavar="N", help="send N refusals of another message first")
    parser.add_argument("--close-after-ack", action="store_true", help="close the connection after each answer")
    parser.add_argument("--max-bytes", type=int, default=16 << 20)
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--tls-ca", help="ask for a client certificate signed by this CA")
    options = parser.parse_args()
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key go together")
    try:
        asyncio.run(run(options))
    except OSError as problem:
        print(f"mllp_listener: {problem}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
