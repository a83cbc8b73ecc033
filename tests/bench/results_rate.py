#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long segmentations of 512 x 512 x 300 take, how large they are, and how much memory they add, beside what the
disk needs for the same bytes in the same run.

    results_rate.py [--program build/bin/dicom_results] [--rounds 3]

Written means: encoded, written, read back, compared voxel by voxel, fsynced, named. HIGHDICOM_TREE: a checkout of
highdicom that this machine's pydicom suits (0.21 for Debian 12); then it writes the same masks of the same images.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CASES = [("SEG", 1), ("SEG", 5), ("SEG", 100), ("SEG_LABELMAP", 5), ("SEG_LABELMAP", 100), ("SEG_FRACTIONAL", 5)]
# shared/baselines.md, section 5: highdicom 0.21, 5 segments, 535 frames, 17.8 MB; the disk wrote 693 MB/s there.
RECORDED = {"seconds": 3.1, "disk_seconds": 17.8 / 693}

HIGHDICOM = """
import glob, os, resource, sys, time
import numpy, pydicom, highdicom as hd
from pydicom.sr.codedict import codes
folder, count = sys.argv[1], int(sys.argv[2])
images = sorted((pydicom.dcmread(f, stop_before_pixels=True) for f in glob.glob(folder + "/ct/*")),
                key=lambda d: float(d.ImagePositionPatient[2]))
mask = numpy.fromfile(folder + "/mask.u8", numpy.uint8).reshape(len(images), 512, 512)
algorithm = hd.AlgorithmIdentificationSequence(name="bench", version="1", family=codes.cid7162.ArtificialIntelligence)
segments = [hd.seg.SegmentDescription(segment_number=i + 1, segment_label=f"S{i}",
            segmented_property_category=codes.SCT.Organ, segmented_property_type=codes.SCT.Spleen,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, algorithm_identification=algorithm)
            for i in range(count)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
seg = hd.seg.Segmentation(source_images=images, pixel_array=mask,
    segmentation_type=hd.seg.SegmentationTypeValues.BINARY, segment_descriptions=segments,
    series_instance_uid=hd.UID(), series_number=99, sop_instance_uid=hd.UID(), instance_number=1, manufacturer="b",
    manufacturer_model_name="b", software_versions="1", device_serial_number="1", omit_empty_frames=True)
seg.save_as(folder + "/highdicom.dcm")
print(time.perf_counter() - start, os.path.getsize(folder + "/highdicom.dcm"),
      (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000)
"""


def ours(program, folder, form, segments):
    """One run in a process of its own; `folder` gets object, mask and slices."""
    env = dict(os.environ, INFERAD_BENCH_FORM=form, INFERAD_BENCH_SEGMENTS=str(segments), INFERAD_BENCH_FOLDER=folder)
    output = subprocess.run([program, "[bench]"], env=env, capture_output=True, text=True, check=True).stdout
    return json.loads(next(line for line in output.splitlines() if line.startswith("{")))


def disk_ms(folder, size):
    """The same bytes, written and fsynced."""
    block = os.urandom(1 << 20)
    path = os.path.join(folder, "disk.raw")
    start = time.perf_counter()
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(block)
        file.write(block[: size & 0xFFFFF])
        file.flush()
        os.fsync(file.fileno())
    took = (time.perf_counter() - start) * 1000
    os.unlink(path)
    return took


def highdicom(tree, folder, segments):
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([tree + "/src", os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(["/usr/bin/python3", "-c", HIGHDICOM, folder, str(segments)], env=env, capture_output=True,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"highdicom did not run:\n{done.stderr[-2000:]}")
    return [float(word) for word in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(SOURCE / "build/bin/dicom_results"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tree = os.environ.get("HIGHDICOM_TREE", "")
    print(f"{'kind':16}{'segments':>9}{'MB':>8}{'ms':>8}{'CPU ms':>8}{'disk ms':>9}{'ratio':>7}{'added MB':>10}   highdicom")
    for form, segments in CASES:
        runs, disk, peer = [], [], []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(ours(options.program, folder, form, segments))
                disk.append(disk_ms(folder, runs[-1]["bytes"]))
                if tree and form == "SEG":
                    peer.append(highdicom(tree, folder, segments))
        middle = {key: statistics.median(run[key] for run in runs) for key in ("write_ms", "cpu_ms", "added_mb")}
        needed = statistics.median(disk)
        note = ""
        if peer:
            seconds = statistics.median(run[0] for run in peer)
            note = f"{seconds:.1f} s, x{seconds * 1000 / middle['write_ms']:.0f}; added {peer[0][2]:.0f} MB"
        elif form == "SEG" and segments == 5:
            times = RECORDED["seconds"] / RECORDED["disk_seconds"]
            note = f"{times:.0f} times its disk time (recorded), x{times / (middle['write_ms'] / needed):.0f}"
        print(f"{form:16}{segments:>9}{runs[0]['bytes'] / 1e6:>8.1f}{middle['write_ms']:>8.0f}{middle['cpu_ms']:>8.0f}"
              f"{needed:>9.0f}{middle['write_ms'] / needed:>7.1f}{middle['added_mb']:>10.0f}   {note}", flush=True)


main()
