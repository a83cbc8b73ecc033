#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our worklist as an independent peer sees it (npm's dcmjs-dimse): it follows, queries, claims, annotates, completes,
and asks for an analysis; it sees a priority within a second of the decision. What it did survives a kill."""
import json
import signal
import time
import unittest

from node_case import NodeCase, support
from ups_peer import GLOBAL, PACKAGE, PULL, PUSH, WATCH, Workstation, modules

PERFORMED = {"PerformedProcedureStepStartDateTime": "20261129120000", "PerformedProcedureStepEndDateTime": "20261129120500",
             "PerformedStationNameCodeSequence": [{"CodeValue": "R1", "CodingSchemeDesignator": "99SITE", "CodeMeaning": "1"}],
             "PerformedWorkitemCodeSequence": [{"CodeValue": "110005", "CodingSchemeDesignator": "DCM",
                                                "CodeMeaning": "Interpretation"}],
             "OutputInformationSequence": []}


class UnifiedWorklist(NodeCase):
    def reload_with(self, node, peer):
        """The first peer that may use the worklist needs no restart."""
        settings = json.loads(node.config.read_text())
        settings["peers"].append(peer)
        node.config.write_text(json.dumps(settings))
        node.process.send_signal(signal.SIGHUP)
        support.wait_for("the reload", lambda: '"event":"reloaded"' in node.log.read_text(), 10)

    def test_a_workstation_of_others_works_with_our_list(self):
        packages = modules()
        if packages is None:
            print("SKIPPED: npm cannot get", PACKAGE)
            return
        event_port = support.free_port()
        node = self.node(workers={"count": 0}, assembler={"quiet_s": 1}, peers=[
            {"name": "sender", "ae_title": "STORESCU", "addresses": ["127.0.0.0/8"], "roles": ["send"]}]).start()
        self.reload_with(node, {"name": "reader", "ae_title": "READ1", "addresses": ["127.0.0.0/8"],
                                "roles": ["worklist"], "host": "::1", "port": event_port})
        peer = Workstation(self.folder, packages, node.dicom, event_port)
        self.addCleanup(peer.stop)
        self.assertEqual(peer.ask("action", WATCH, GLOBAL, {"ReceivingAE": "READ1", "DeletionLock": "FALSE"}, 3)[0], 0)

        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3")
        study = support.copy_study(phantom / "dicom", self.folder / "study", 1)
        sent = time.time()
        support.send(self.folder / "study", node.dicom)
        event = support.wait_for("an event of the new task", lambda: [e for e in peer.events if e["uid"] != GLOBAL], 20)[0]
        print(f"first event {event['at'] / 1000 - sent:.2f} s after the first image was sent")
        status, found = peer.ask("find", PULL, data={
            "ProcedureStepState": "SCHEDULED", "ScheduledProcedureStepPriority": "", "SOPInstanceUID": "",
            "PatientName": "", "ReferencedRequestSequence": [{"StudyInstanceUID": study, "AccessionNumber": ""}]})
        self.assertEqual(status, 0)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0]["ScheduledProcedureStepPriority"], "MEDIUM")
        uid = found[0]["SOPInstanceUID"]
        self.assertEqual(peer.told(uid)[0], "SCHEDULED")

        # Claimed on the network, so it has started on the page; another UID does not get it.
        self.assertEqual(peer.state(uid, "IN PROGRESS", "1.2.77"), 0)
        self.assertTrue(support.wait_for("the study", lambda: node.study(study))["reading_by"].endswith("READ1"))
        self.assertEqual(peer.state(uid, "IN PROGRESS", "1.2.78"), 0xC301)
        self.assertEqual(peer.state(uid, "IN PROGRESS", "1.2.77"), 0xC302)
        node.kill()
        node.start()
        self.assertEqual(peer.ask("set", PULL, uid, {"ProcedureStepLabel": "x"})[0], 0xC301)
        self.assertEqual(peer.ask("set", PULL, uid, {"TransactionUID": "1.2.77", "ProcedureStepProgressInformationSequence": [
            {"ProcedureStepProgress": 40, "ProcedureStepProgressDescription": "half read"}]})[0], 0)
        support.wait_for("a progress report", lambda: peer.kinds(uid, 3), 10)
        self.assertEqual(peer.kinds(uid, 3)[0]["ProcedureStepProgressInformationSequence"][0]["ProcedureStepProgress"], 40)
        starts = [(each["SCPStatus"], each["UnifiedProcedureStepListStatus"]) for each in peer.kinds(GLOBAL, 4)]
        self.assertEqual(starts, [("RESTARTED", "COLD START"), ("RESTARTED", "WARM START")])  # between them it was killed
        self.assertEqual(peer.state(uid, "COMPLETED", "1.2.77"), 0xC304)
        performed = {"TransactionUID": "1.2.77", "UnifiedProcedureStepPerformedProcedureSequence": [PERFORMED]}
        self.assertEqual(peer.ask("set", PULL, uid, performed)[0], 0)
        self.assertEqual(peer.state(uid, "COMPLETED", "1.2.77"), 0)
        support.wait_for("the study to leave the list", lambda: node.study(study) is None, 10)
        status, data = peer.ask("get", WATCH, uid)
        self.assertEqual((status, data[0]["ProcedureStepState"]), (0, "COMPLETED"))
        self.assertNotIn("TransactionUID", data[0])
        support.wait_for("all events", lambda: peer.told(uid)[-1] == "COMPLETED", 10)
        self.assertEqual(peer.ask("get", PUSH, "1.2.3.999")[0], 0xC307)
        self.assertEqual(peer.ask("create", PUSH, "1.2.3.50", {"ProcedureStepState": "SCHEDULED"})[0], 0x0120)
        self.assertNotIn(uid, node.log.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
