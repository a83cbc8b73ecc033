# SPDX-License-Identifier: Apache-2.0
"""Follows the node over its API and server-sent events, and tells each stage of each study once, with its time."""
import datetime
import json
import threading
import urllib.request

FINAL = ("done", "not_analysed", "not_applicable", "failed")


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None


class Events(threading.Thread):
    """Sets `changed` whenever the node says that something did."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.changed = url, threading.Event()

    def run(self):
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/events", timeout=60) as stream:
                    for line in stream:
                        if line.startswith((b"event: changed", b"event: hello")):
                            self.changed.set()
            except OSError:
                self.changed.wait(1)  # the node is starting or ending; the follower asks now and then anyway


class Follower:
    def __init__(self, node, studies, say):
        self.node, self.studies, self.say = node, studies, say
        self.titles = {study.uid: study.title for study in studies}
        self.told, self.places, self.details = set(), {}, {}
        self.events = Events(f"http://127.0.0.1:{node.http}")
        self.events.start()

    def follow(self, finished, seconds):
        """Until finished() or every study is at its end; False: it was not in time."""
        deadline = datetime.datetime.now().timestamp() + seconds
        while datetime.datetime.now().timestamp() < deadline:
            self.events.changed.wait(0.5)
            self.events.changed.clear()
            self.look()
            if finished() and self.all_at_end():
                return True
        return False

    def look(self):
        stages = []
        entries = self.node.get("/api/v1/worklist")["entries"]
        ours = [entry for entry in entries if entry["study_uid"] in self.titles]
        for entry in ours:
            detail = self.node.get(f"/api/v1/studies/{entry['id']}")
            self.details[entry["study_uid"]] = detail
            stages += self.stages(detail)
        for at, key, text in sorted(stages, key=lambda stage: stage[0]):
            if key not in self.told:
                self.told.add(key)
                self.say(text, self.titles[key[0]], at)
        self.tell_order(ours)

    def stages(self, detail):
        """(time, key, words) of everything that has happened to a study so far."""
        entry, uid = detail["entry"], detail["entry"]["study_uid"]
        revision = entry["revision"]
        found = [(when(entry["arrived_at"]), (uid, "first"), "first image has arrived at the node")]
        if entry["complete_at"]:
            found.append((when(entry["complete_at"]), (uid, "complete", revision),
                          f"{entry['instances']} images, complete: {entry['complete_reason']}"))
        for job in detail["jobs"]:
            key = (uid, "job", job["id"])
            if job["started_at"]:
                found.append((when(job["started_at"]), key + ("start",), f"{job['pipeline']} starts"))
            if job["findings_at"] and not entry["decisions"]:
                found.append((when(job["findings_at"]), key + ("findings",), "findings: no priority follows"))
            if job["state"] in ("not_analysed", "failed"):
                found.append((when(job["finished_at"] or job["created_at"]), key + ("end",),
                              f"{job['state'].replace('_', ' ')}: {job['reason']}"))
        if not detail["jobs"] and entry["ai_state"] in FINAL and entry["complete_at"]:
            found.append((when(entry["complete_at"]), (uid, "no job"),
                          f"{entry['ai_state'].replace('_', ' ')}: {entry['ai_reason']} (rule \"{entry['rule']}\")"))
        for decision in entry["decisions"]:
            found.append((when(decision["decided_at"]), (uid, "priority", decision["decided_at"]),
                          f"PRIORITY {decision['level']} (ordered {entry['order_level']}): {decision['reason']}"))
        for delivery in detail["deliveries"]:
            key = (uid, "delivery", delivery["id"], delivery["state"])
            if delivery["state"] == "delivered":
                done = "acknowledged by" if delivery["kind"] == "HL7" else "stored in"
                found.append((when(delivery["delivered_at"]), key, f"{delivery['kind']} {done} {delivery['destination']}"))
            elif delivery["state"] == "parked":
                found.append((when(delivery["created_at"]), key,
                              f"{delivery['kind']} not taken by {delivery['destination']}: {delivery['last_error']}"))
        return found

    def tell_order(self, ours):
        order = [self.titles[entry["study_uid"]] for entry in ours]
        before = [title for title in self.places if title in order]
        if [title for title in order if title in self.places] != before:
            self.say("reading list is now: " + " | ".join(order), "")
        self.places = {title: place for place, title in enumerate(order)}

    def all_at_end(self):
        """Every study has its final word and everything it made is delivered or given up."""
        return len(self.details) == len(self.studies) and all(
            detail["entry"]["ai_state"] in FINAL and
            all(one["state"] in ("delivered", "parked") for one in detail["deliveries"]) and
            (detail["entry"]["ai_state"] != "done" or detail["deliveries"])
            for detail in self.details.values())

    def times(self):
        """Per study: seconds from the last image stored to priority or findings, HL7 acknowledged, SR in the PACS."""
        rows = []
        for study in self.studies:
            detail = self.details[study.uid]
            start = when(detail["entry"]["last_image_at"])
            sent = {one["kind"]: when(one["delivered_at"]) for one in detail["deliveries"] if one["delivered_at"]}
            findings = [when(job["findings_at"]) for job in detail["jobs"] if job["findings_at"]]
            decided = [when(one["decided_at"]) for one in detail["entry"]["decisions"]]
            rows.append((study.title, [at - start if at else None for at in (
                (decided or findings or [None])[-1], sent.get("HL7"), sent.get("SEG"), sent.get("SR"))]))
        return rows
