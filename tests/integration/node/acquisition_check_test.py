#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of config/examples with the shipped checks of the acquisition: a radiograph and an MR series go in, reports
come out, and no priority moves."""
import unittest

from node_case import NodeCase, support

import acquisition_phantom as made

RULES = support.SOURCE / "config" / "examples" / "routing-quality-checks.json"


class AcquisitionChecks(NodeCase):
    def test_both_modalities_get_a_report_and_keep_their_priority(self):
        archive = self.started(support.StoreScp(self.folder / "archive"))
        receiver = self.started(support.MllpListener(self.folder))
        node = self.node(results=[("archive", "ARCHIVE", archive.port)], hl7=[("engine", receiver.port)],
                         routing_file=str(RULES)).start()
        # Both as bad as they get: if a finding could raise a priority, these would.
        radiograph = made.radiograph(noise=120, floor=1100)
        series = made.mr_series(noise=80, gradient=0.6, ceiling=800)
        (self.folder / "dx").mkdir()
        made.write_radiograph(self.folder / "dx" / "image.dcm", radiograph.pixels)
        made.write_mr_series(self.folder / "mr", series.signal)
        for modality, rule in (("DX", "DX and CR acquisition"), ("MR", "MR acquisition")):
            _, status = support.send(self.folder / modality.lower(), node.dicom)
            self.assertEqual(status, 0)
            entry = node.wait_study(made.uid("acquisition", modality), "done", "failed", seconds=180)
            self.assertEqual((entry["ai_state"], entry["rule"]), ("done", rule))
            self.assertEqual((entry["level"], entry["order_level"]), ("ROUTINE", "ROUTINE"))
            self.assertEqual(entry["decisions"], [])
        support.wait_for("both reports in the archive", lambda: len(archive.objects()) >= 2, 60)
        self.assertEqual([data.Modality for data in archive.objects()], ["SR", "SR"])
        self.assertEqual(receiver.messages(), [])
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
