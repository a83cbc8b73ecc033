#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a job goes: start of a worker, then each stage of its jobs, over the worker protocol.

    worker_stages.py WORKER [--pipeline NAME --catalog DIR --models DIR] [--jobs N] [--threads N] [FOLDER_OR_FILE]

Default: ct-lung-density on a phantom of 300 slices.
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


class Worker:
    """inferad-worker serve, as the node starts it."""

    def __init__(self, program, catalog, models, threads):
        self.socket, theirs = socket.socketpair()
        begin = time.monotonic()
        self.process = subprocess.Popen([str(program), "serve", "--fd", str(theirs.fileno()), "--threads", str(threads),
                                         "--catalog", str(catalog), "--models", str(models)],
                                        pass_fds=(theirs.fileno(),), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs.close()
        self.lines = self.socket.makefile("r", encoding="utf-8")
        for line in self.lines:
            self.ready = json.loads(line)
            if self.ready["event"] == "ready":
                break
        self.seconds_to_ready = time.monotonic() - begin

    def run(self, folder, pipeline, files):
        """Seconds by stage, in order; seconds until findings.json is durable; the last event."""
        folder.mkdir(parents=True)
        study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
        job = {"id": folder.name, "pipeline": pipeline, "study_uid": study_uid, "revision": 1, "predecessors": [],
               "series": [{"uid": "2.25.2", "files": [str(file.resolve()) for file in files]}],
               "created_at": "2026-11-24T08:30:00.000Z", "timezone_offset": "", "device_serial": "bench", "institution": ""}
        (folder / "job.json").write_text(json.dumps(job))
        begin = since = time.monotonic()
        times, stage, findings = {}, "order", 0.0
        self.socket.sendall((json.dumps({"do": "run", "job": folder.name, "folder": str(folder)}) + "\n").encode())
        for line in self.lines:
            event, now = json.loads(line), time.monotonic()
            ended = event["event"] == "done"
            if ended or (event["event"] == "progress" and event["stage"] != stage):
                times[stage] = times.get(stage, 0) + now - since
                stage, since = event.get("stage", stage), now
            if event["event"] == "findings":
                findings = now - begin
            if ended:
                return times, findings, event
        sys.exit("the worker ended")

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worker")
    parser.add_argument("images", nargs="?", type=pathlib.Path)
    parser.add_argument("--pipeline", default="ct-lung-density")
    parser.add_argument("--catalog", type=pathlib.Path, default=SOURCE / "pipelines/catalog")
    parser.add_argument("--models", type=pathlib.Path, default=SOURCE / "models")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        images = args.images
        if images is None:
            subprocess.run([str(SOURCE / "tests/support/phantom.py"), str(scratch / "phantom"), "--kind", "emphysema",
                            "--slices", "300", "--slice-distance", "1"], check=True, stdout=subprocess.DEVNULL)
            images = scratch / "phantom" / "dicom"
        files = sorted(images.iterdir()) if images.is_dir() else [images]
        worker = Worker(args.worker, args.catalog, args.models, args.threads)
        print(f"start to ready: {worker.seconds_to_ready:.2f} s, BLAS {worker.ready['blas']}, {len(files)} images")
        for number in range(1, args.jobs + 1):
            times, findings, done = worker.run(scratch / str(number), args.pipeline, files)
            text = "  ".join(f"{stage} {seconds:.3f}" for stage, seconds in times.items())
            print(f"job {number}: {done['outcome']} in {sum(times.values()):.3f} s, findings after {findings:.3f} s:  {text}")
        worker.end()
        print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
