#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a job goes: start of the worker, then each stage of a job, over the worker protocol.

    worker_stages.py WORKER [--jobs N] [--threads N] [FOLDER]     FOLDER: one CT series; default: a phantom of 300 slices
"""
import argparse
import json
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import time

import pydicom

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worker")
    parser.add_argument("series", nargs="?", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def make_job(folder, number, files, study_uid):
    folder.mkdir()
    job = {"id": str(number), "pipeline": "ct-lung-density", "study_uid": study_uid, "revision": 1,
           "predecessor_sr_uids": [], "series": [{"uid": "2.25.2", "files": files}],
           "created_at": "2026-11-24T08:30:00.000Z", "timezone_offset": "", "device_serial": "bench", "institution": ""}
    (folder / "job.json").write_text(json.dumps(job))


def stages(lines, begin):
    """Seconds by stage, in order; the time until findings.json is durable; the last event."""
    times, stage, since, findings = {}, "order", begin, 0.0
    for line in lines:
        event, now = json.loads(line), time.monotonic()
        if event["event"] == "progress" and event["stage"] != stage:
            times[stage] = times.get(stage, 0) + now - since
            stage, since = event["stage"], now
        if event["event"] == "findings":
            findings = now - begin
        if event["event"] == "done":
            times[stage] = times.get(stage, 0) + now - since
            return times, findings, event
    sys.exit("the worker ended")


def main():
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        series = args.series
        if series is None:
            subprocess.run([str(SOURCE / "tests/support/phantom.py"), str(scratch / "phantom"), "--kind", "emphysema",
                            "--slices", "300", "--slice-distance", "1"], check=True, stdout=subprocess.DEVNULL)
            series = scratch / "phantom" / "dicom"
        files = sorted(str(file) for file in series.iterdir())
        study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
        ours, theirs = socket.socketpair()
        begin = time.monotonic()
        worker = subprocess.Popen([args.worker, "serve", "--fd", str(theirs.fileno()), "--threads", str(args.threads),
                                   "--catalog", str(SOURCE / "pipelines/catalog"), "--models", str(SOURCE / "models")],
                                  pass_fds=(theirs.fileno(),), stderr=subprocess.DEVNULL)
        theirs.close()
        lines = ours.makefile("r", encoding="utf-8")
        ready = json.loads(next(lines))
        print(f"start to ready: {time.monotonic() - begin:.2f} s, BLAS {ready['blas']}, {len(files)} images")
        for number in range(1, args.jobs + 1):
            make_job(scratch / str(number), number, files, study_uid)
            begin = time.monotonic()
            ours.sendall((json.dumps({"do": "run", "job": str(number), "folder": str(scratch / str(number))}) + "\n").encode())
            times, findings, done = stages(lines, begin)
            text = "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in times.items())
            print(f"job {number}: {done['outcome']} in {sum(times.values()):.2f} s, findings after {findings:.2f} s:  {text}")
        ours.shutdown(socket.SHUT_RDWR)
        worker.wait()
        print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
