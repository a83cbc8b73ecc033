#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seconds from the last image acknowledged by the node to: priority on the worklist, HL7 acknowledged, SEG and SR in the
PACS. Phantom (and the real series of the shared data, when it is there), several runs, median and range.

    loop_times.py [--runs N] [--slices N] [--size N] [--real FOLDER]
"""
import argparse
import pathlib
import signal
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

REAL = support.SOURCE.parent / "shared" / "data" / "dicom" / "ct-chest-lungfcp"


def measure(folder, pacs, node, receiver, study_uid, options):
    """Sends the study to the PACS (which tells its count) and to the node; seconds after the node's last answer."""
    pacs.store(folder)
    messages = len(receiver.messages())
    stored, status = support.send(folder, node.dicom, options=options)
    if status or len(stored) != len(list(folder.iterdir())):
        raise SystemExit(f"the node took {len(stored)} of {len(list(folder.iterdir()))} images (storescu: {status})")
    begin = time.monotonic()
    times = {}
    while "SEG and SR in the PACS" not in times and time.monotonic() - begin < 300:
        entry = node.study(study_uid)
        now = time.monotonic() - begin
        if entry and entry["ai_state"] in ("running", "done"):
            times.setdefault("work started", now)
        if entry and entry["decisions"]:
            times.setdefault("priority on the worklist", now)
        if len(receiver.messages()) > messages:
            times.setdefault("HL7 acknowledged", now)
        if entry and entry["ai_state"] == "done":
            times.setdefault("done", now)
            if pacs.instances(study_uid, "SEG") and pacs.instances(study_uid, "SR"):
                times["SEG and SR in the PACS"] = time.monotonic() - begin
        time.sleep(0.02)
    return times


def report(title, runs):
    print(f"\n{title}, {len(runs)} runs, seconds after the last image was acknowledged: median (range)")
    for name in ("work started", "priority on the worklist", "HL7 acknowledged", "done", "SEG and SR in the PACS"):
        values = [run[name] for run in runs if name in run]
        if values:
            print(f"  {name:<26} {statistics.median(values):6.2f}  ({min(values):.2f} to {max(values):.2f})")
        else:
            print(f"  {name:<26} none")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--real", type=pathlib.Path, default=REAL)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers below end, too
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as name:
        folder = pathlib.Path(name)
        receiver = support.MllpListener(folder).start()
        pacs = support.Orthanc(folder / "pacs").start()
        node = support.Node(folder / "node", results=[("pacs", "PACS", pacs.dicom)],
                            query=("pacs-query", "PACS", pacs.dicom), hl7=[("engine", receiver.port)]).start()
        try:
            support.wait_for("warm models", lambda: node.status("/readyz?check=inference") == 200, 120)
            phantom = support.make_phantom(folder / "phantom", "--kind", "emphysema", "--size", options.size, "--slices",
                                           options.slices, "--slice-distance", 300 / options.slices)
            sources = [(f"phantom, {options.slices} slices of {options.size} x {options.size}", phantom / "dicom", ())]
            if options.real.is_dir():
                sources.append((f"real series {options.real.name}", options.real, ("-xs",)))  # JPEG Lossless
            for title, source, proposal in sources:
                runs = []
                for number in range(options.runs):
                    copy = folder / f"{source.name}{len(runs)}-{len(title)}"
                    study_uid = support.copy_study(source, copy, number + len(title) * 100)
                    runs.append(measure(copy, pacs, node, receiver, study_uid, proposal))
                report(title, runs)
        finally:
            node.stop()
            pacs.stop()
            receiver.stop()


if __name__ == "__main__":
    main()
