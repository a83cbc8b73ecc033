#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server on loopback that keeps what it gets (Python's smtpd): each mail a JSON line of its envelope, headers and
text. Prints one line "ready PORT" when it listens. End it with SIGTERM.
"""
import argparse
import email
import email.policy
import json
import signal
import sys
import warnings

warnings.simplefilter("ignore")
import asyncore  # noqa: E402
import smtpd  # noqa: E402


class Receiver(smtpd.SMTPServer):
    def __init__(self, port, log, answers):
        super().__init__(("127.0.0.1", port), None)
        self.log, self.answers = log, answers

    def process_message(self, peer, mailfrom, rcpttos, data, **_):
        answer = self.answers.pop(0) if self.answers else ""
        if answer:
            return f"{answer} not now"
        mail = email.message_from_bytes(data, policy=email.policy.default)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"from": mailfrom, "to": rcpttos, "headers": dict(mail.items()),
                                  "defects": [str(one) for part in mail.walk() for one in part.defects],
                                  "text": mail.get_body(("plain",)).get_content()}) + "\n")
        return None


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--log", required=True)
    options.add_argument("--answers", default="", help="SMTP statuses of the first mails, as 451,550")
    chosen = options.parse_args()
    server = Receiver(chosen.port, chosen.log, [one for one in chosen.answers.split(",") if one])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"ready {server.socket.getsockname()[1]}", flush=True)
    asyncore.loop()


main()
