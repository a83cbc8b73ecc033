# SPDX-License-Identifier: Apache-2.0
"""A workstation and UPS worklist that we did not write: npm's dcmjs-dimse, driven by ups_client.cjs."""
import json
import os
import queue
import shutil
import subprocess
import threading

import node as support
import npm

PACKAGE = "dcmjs-dimse@0.3.3"
PUSH, WATCH, PULL, QUERY = ("1.2.840.10008.5.1.4.34.6." + n for n in "1235")
GLOBAL = "1.2.840.10008.5.1.4.34.5"


def modules():
    """The folder with the package; None without npm or network."""
    return npm.modules("ups-npm", PACKAGE)


class Workstation:
    """A peer on dcmjs-dimse: asks, and keeps what it was sent: events, and tasks created or set in its own worklist."""

    def __init__(self, folder, packages, port, event_port):
        self.answers, self.events, self.tasks = queue.Queue(), [], []
        shim = support.loopback_shim(folder)
        self.process = subprocess.Popen(
            [shutil.which("node"), str(support.SUPPORT / "ups_client.cjs"), str(packages), "127.0.0.1", str(port),
             "INFERAD", "READ1", str(event_port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env={**os.environ, "LD_PRELOAD": str(shim)}, start_new_session=True)
        threading.Thread(target=self.listen, daemon=True).start()
        self.answers.get(timeout=30)

    def listen(self):
        for line in self.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:  # the library's own words
                continue
            if "event" in said:
                self.events.append(said)
            elif "task" in said:
                self.tasks.append(said)
            else:
                self.answers.put(said)

    def ask(self, verb, meta, uid="", data=None, kind=0):
        self.process.stdin.write(json.dumps({"verb": verb, "meta": meta, "uid": uid, "type": kind, "data": data}) + "\n")
        self.process.stdin.flush()
        answer = self.answers.get(timeout=30)
        return answer.get("status"), answer.get("data", answer)

    def state(self, uid, state, transaction):
        return self.ask("action", PULL, uid, {"ProcedureStepState": state, "TransactionUID": transaction}, 1)[0]

    def kinds(self, uid, kind):
        return [event["data"] for event in self.events if event["uid"] == uid and event["event"] == kind]

    def told(self, uid):
        return [data.get("ProcedureStepState") for data in self.kinds(uid, 1)]

    def stop(self):
        self.process.stdin.close()
        support.end(self.process)
        self.process.stdout.close()
