#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seconds from a finding (`findings_at` of the job) to the raised priority on an open page in Chromium, at an HL7 receiver and
at a UPS worklist (npm's dcmjs-dimse, where the task is created): studies one after the other, then as many at once.

    priority_times.py [--studies N] [--listed N]
"""
import argparse
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402
import priority_watch  # noqa: E402
import ups_peer  # noqa: E402


def fill_list(node, count):
    """Further studies that wait on the list."""
    node.start()
    node.stop()
    now = int(time.time() * 1000)
    with sqlite3.connect(node.folder / "var" / "ledger.db") as ledger:
        ledger.executemany(
            "INSERT INTO study (study_uid, calling_ae, first_image_at, last_image_at, order_level, level)"
            " VALUES (?, 'A', ?, ?, 2, 2)",
            ((f"1.2.3.{i}", now - 1000 * i, now - 1000 * i) for i in range(count)))


def report(title, runs):
    print(f"\n{title}, {len(runs)} studies, seconds after the finding: median (range)")
    for place in priority_watch.PLACES:
        values = [run[place] for run in runs if place in run]
        if values:
            print(f"  {place:<5} {statistics.median(values):6.3f}  ({min(values):.3f} to {max(values):.3f})")
        else:
            print(f"  {place:<5} nobody looked: Chromium or npm is missing")


def one_by_one(watch, port, studies):
    runs = []
    for folder, uid in studies:
        support.send(folder, port)
        runs.append(watch.times(watch.node.wait_study(uid, "done")))
    return runs


def at_once(watch, port, studies):
    senders = [subprocess.Popen(["storescu", "-aec", "INFERAD", "127.0.0.1", str(port), *map(str, folder.iterdir())])
               for folder, _ in studies]
    for sender in senders:
        sender.wait()
    return [watch.times(watch.node.wait_study(uid, "done")) for _, uid in studies]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=12)
    parser.add_argument("--listed", type=int, default=0, help="further studies on the list")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the processes below end, too
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as name:
        folder, started = pathlib.Path(name), []

        def begin(thing):
            started.append(thing)
            return thing

        packages, port = ups_peer.modules(), support.free_port()
        try:
            receiver = begin(support.MllpListener(folder).start())
            node = begin(support.Node(
                folder / "node", hl7=[("engine", receiver.port)], assembler={"quiet_s": 1},
                ups=[{"name": "tasks", "peer": "reader", "create_if_missing": True}],
                peers=[{"name": "sender", "ae_title": "*", "addresses": ["127.0.0.0/8"], "roles": ["send"]},
                       {"name": "reader", "ae_title": "READ1", "roles": ["ups"], "host": "::1", "port": port}]))
            if options.listed:
                fill_list(node, options.listed)
            node.start()
            station = begin(ups_peer.Workstation(folder, packages, node.dicom, port)) if packages else None
            modules = priority_watch.Page.modules()
            page = begin(priority_watch.Page(modules, f"http://127.0.0.1:{node.http}/")) if modules else None
            watch = priority_watch.PriorityWatch(node, page, receiver, station)
            support.wait_for("warm models", lambda: node.status("/readyz?check=inference") == 200, 120)
            phantom = support.make_phantom(folder / "phantom", "--kind", "emphysema", "--size", 160, "--slices", 60,
                                           "--slice-distance", 5)
            studies = []
            for number in range(2 * options.studies):
                copy = folder / f"study{number}"
                studies.append((copy, support.copy_study(phantom / "dicom", copy, number)))
            listed = f", {options.listed} others listed" if options.listed else ""
            report(f"one after the other{listed}", one_by_one(watch, node.dicom, studies[::2]))
            report(f"all at once{listed}", at_once(watch, node.dicom, studies[1::2]))
        finally:
            for thing in reversed(started):
                thing.stop()


if __name__ == "__main__":
    main()
