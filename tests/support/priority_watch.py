# SPDX-License-Identifier: Apache-2.0
"""When a raised priority is seen outside the node: on an open page (Chromium), by an HL7 receiver, by a UPS worklist.
Each by the clock of who sees it, in seconds after the finding was recorded (`findings_at` of the job)."""
import datetime
import json
import re
import shutil
import subprocess
import threading

import node as support
import npm

PLACES = ("page", "HL7", "UPS")


class Page:
    """The reading list open in Chromium; `shown`: (study, level) → seconds since 1970."""

    @staticmethod
    def modules():
        """None: there is no Chromium, or npm does not get what drives it."""
        return npm.modules("page-npm", npm.PUPPETEER) if shutil.which("chromium") else None

    def __init__(self, modules, url):
        self.shown, self.ready = {}, threading.Event()
        self.process = subprocess.Popen(
            ["node", str(support.SUPPORT / "page_watcher.mjs"), str(modules), shutil.which("chromium"), url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self.listen, daemon=True).start()
        if not self.ready.wait(60):
            raise AssertionError("the page did not open in Chromium")

    def listen(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "ready" in said:
                self.ready.set()
            else:
                self.shown.setdefault((said["study"], said["level"]), said["at"] / 1000)

    def stop(self):
        self.process.stdin.close()
        support.end(self.process)
        self.process.stdout.close()


def seconds(time):
    return datetime.datetime.fromisoformat(time).timestamp()


def uids_in(task):
    """Study Instance UIDs that a UPS task is about."""
    items = task.get("ReferencedRequestSequence", [])
    return {item.get("StudyInstanceUID") for item in (items if isinstance(items, list) else [items])}


class PriorityWatch:
    """Who looks: `page`, `receiver` (support.MllpListener), `workstation` (ups_peer.Workstation); each may be None."""

    def __init__(self, node, page, receiver, workstation):
        self.node, self.page, self.receiver, self.workstation = node, page, receiver, workstation

    def found_at(self, entry):
        jobs = [job for job in self.node.get("/api/v1/jobs")["jobs"] if job["study_id"] == entry["id"]]
        return min(seconds(job["findings_at"]) for job in jobs if job["findings_at"])

    def seen_on_page(self, entry):
        return self.page.shown.get((entry["id"], entry["level"]))

    def seen_by_hl7(self, entry):
        whole = re.compile(rf"(?<![\d.]){re.escape(entry['study_uid'])}(?![\d.])")
        mine = [message for message in self.receiver.messages() if whole.search(message.get("raw", ""))]
        return seconds(mine[0]["at"]) if mine else None

    def seen_by_ups(self, entry):
        mine = [task for task in self.workstation.tasks if entry["study_uid"] in uids_in(task["data"])]
        return mine[0]["at"] / 1000 if mine else None

    def times(self, entry, patience=20):
        """Place → seconds from the finding to where it is seen, for a raised study; AssertionError names who never saw it."""
        found = self.found_at(entry)
        looks = zip(PLACES, (self.page, self.receiver, self.workstation),
                    (self.seen_on_page, self.seen_by_hl7, self.seen_by_ups))
        return {place: support.wait_for(f"{entry['level']} at {place}", lambda: look(entry), patience) - found  # noqa: B023
                for place, who, look in looks if who}
