#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A study on disk → findings and masks: this engine, the bare forward() calls, and MONAI + highdicom where at hand.

    engine_times.py [--rounds N] [--slices N] [--threads N] [--radiograph IMAGE --weights MODEL.pt]

Workload: a chest CT phantom of 300 slices 512×512, resampled to 1.5 mm, a 3-D U-Net of 4.8 M parameters in windows of
96³ (overlap 0.25, Gaussian), softmax, inverse resampling, argmax, SEG. Everything runs in turns in each round; the ratios
are medians of the rounds' ratios. "whole" starts a process, imports included; "the network" is the stage infer of a worker
that is running, as in the node: windows, blending, inverse resampling and argmax with it, which MONAI's network time has not.

--radiograph, --weights: an image and the model.pt of cxr-pneumonia-squeezenet; from the file to durable findings in a
running worker, against forward() of the model as it was saved; goal: 1.3.

MONAI_TREE, HIGHDICOM_TREE: source trees of the peers (MONAI 1.1.0 to 1.4.0; python3-torch, python3-nibabel,
python3-scipy, python3-skimage). Without MONAI_TREE the ratio recorded in RECORDED stands in for it, and is marked.
Without HIGHDICOM_TREE MONAI's chain writes no SEG, which is in its favour.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from worker_stages import Worker

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = SOURCE / "build/bin"
RECORDED = {"total": 42.7 / 4.1, "rest": 33.2 / 4.1, "memory_mb": 5900}  # against bare forward(); MONAI 1.1.0, this class of machine
WINDOW, OVERLAP, SPACING_MM = 96, 0.25, 1.5


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))


def make_model(folder, network):
    """The workload as a pipeline: what a data scientist writes."""
    write_json(folder / "models/bench-unet/model.json", {
        "name": "bench-unet", "version": "1.0.0", "format": "torchscript", "file": "model.ts",
        "sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
        "card": {"intended_use": "Measures the engine; finds nothing.", "method": "3-D U-Net with random weights.",
                 "training_data": "none", "licence": "Apache-2.0", "input": "float32 [windows, 1, 96, 96, 96]",
                 "output": "float32 [windows, 2, 96, 96, 96]", "calibrated": False, "limits": ["Not trained."]}})
    network.rename(folder / "models/bench-unet/model.ts")
    write_json(folder / "catalog/bench-unet/pipeline.json", {
        "name": "bench-unet", "version": "1.0.0", "kind": "model", "title": "Benchmark", "manufacturer": "Inferad",
        "model": "bench-unet", "eligibility": {"modality": "CT"},
        "preprocessing": [
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "image", "pixdim": [SPACING_MM] * 3, "mode": "bilinear"},
            {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": -57, "a_max": 164, "b_min": 0, "b_max": 1,
             "clip": True}],
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [WINDOW] * 3, "sw_batch_size": 4,
                    "overlap": OVERLAP, "mode": "gaussian"},
        "postprocessing": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "image",
             "nearest_interp": False},
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}],
        "output": {"kind": "segmentation", "labels": [
            {"value": 1, "id": "soft", "label": "Soft tissue",
             "category": {"value": "85756007", "scheme": "SCT", "meaning": "Tissue"},
             "type": {"value": "87784001", "scheme": "SCT", "meaning": "Soft tissue"}}]}})


def window_count(series):
    """Sliding windows over the resampled volume, as MONAI counts them."""
    import pydicom
    files = sorted(series.iterdir())
    head = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    z = sorted(float(h.ImagePositionPatient[2]) for h in head)
    extents = [head[0].Rows * float(head[0].PixelSpacing[0]), head[0].Columns * float(head[0].PixelSpacing[1]),
               (z[-1] - z[0]) / (len(z) - 1) * len(z)]
    step = int(WINDOW * (1 - OVERLAP))
    count = 1
    for extent in extents:
        size = max(WINDOW, round(extent / SPACING_MM))
        count *= -(-(size - WINDOW) // step) + 1
    return count


def run(command, **options):
    """Standard output, seconds, peak memory in MB."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=errors, **options)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        output.seek(0)
        errors.seek(0)
        if status != 0:
            sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}: {errors.read()[-800:]}{output.read()[-800:]}")
        return output.read(), seconds, usage.ru_maxrss / 1024


def ours(folder, series, threads, out):
    _, seconds, memory = run([str(BIN / "inferad-worker"), "run", "bench-unet", str(series), "--out", str(out), "--threads",
                              str(threads), "--catalog", str(folder / "catalog"), "--models", str(folder / "models")])
    return {"total": seconds, "memory": memory}


def forward_seconds(model, count, batch, shape, threads):
    return float(run([str(BIN / "bare_forward"), "time", str(model), str(count), str(batch), *map(str, shape)],
                     env={**os.environ, "BENCH_THREADS": str(threads)})[0])


def in_a_running_worker(catalog, models, pipeline, files, threads, scratch, jobs):
    """The medians of the stage infer and of the time to durable findings, over all jobs but the first."""
    worker = Worker(BIN / "inferad-worker", catalog, models, threads)
    answers = [worker.run(scratch / str(number), pipeline, files) for number in range(jobs)]
    worker.end()
    if any(done["outcome"] != "done" for _, _, done in answers):
        sys.exit(f"{pipeline}: {answers[-1][2]}")
    return (statistics.median(times["infer"] for times, _, _ in answers[1:]),
            statistics.median(findings for _, findings, _ in answers[1:]))


def radiograph(image, weights, threads, rounds, scratch):
    name = "cxr-pneumonia-squeezenet"
    found = {kind: next(SOURCE.glob(f"**/{folder}/{kind}.json")).parent
             for kind, folder in (("pipeline", "cxr-pneumonia"), ("model", name))}
    shutil.copytree(found["pipeline"], scratch / "catalog/cxr-pneumonia")
    shutil.copytree(found["model"], scratch / "models" / name)
    shutil.copy(weights, scratch / "models" / name / "model.pt")
    ratios = []
    for number in range(rounds):
        _, findings = in_a_running_worker(scratch / "catalog", scratch / "models", "cxr-pneumonia", [image], threads,
                                          scratch / f"radiograph{number}", 12)
        forward = forward_seconds(weights, 20, 1, (3, 224, 224), threads) / 20
        print(f"round {number + 1}: forward {1000 * forward:.0f} ms, file to findings {1000 * findings:.0f} ms", flush=True)
        ratios.append(findings / forward)
    print(f"\nmedian of the rounds' ratios\n  radiograph, file to findings / forward  {statistics.median(ratios):6.2f}")


def monai(folder, series, threads, tree):
    highdicom = os.environ.get("HIGHDICOM_TREE")
    path = tree + (f":{highdicom}/src" if highdicom else "")
    output, _, memory = run(["/usr/bin/python3", str(SOURCE / "tests/bench/monai_chain.py"), str(series),
                     str(folder / "models/bench-unet/model.ts"), str(folder / "monai.dcm"), f"threads={threads}"]
                    + ([] if highdicom else ["--no-seg"]), env={**os.environ, "PYTHONPATH": path})
    found = dict((name.strip(), float(value)) for name, value in re.findall(r"^(.+?)\s+([\d.]+) s\b", output, re.M))
    return {"total": found["total"], "network": found["sliding window"], "memory": memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--radiograph", type=pathlib.Path)
    parser.add_argument("--weights", type=pathlib.Path)
    args = parser.parse_args()
    if args.radiograph:
        with tempfile.TemporaryDirectory(prefix="inferad-bench-") as scratch:
            return radiograph(args.radiograph, args.weights, args.threads, args.rounds, pathlib.Path(scratch))
    tree = os.environ.get("MONAI_TREE")
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        subprocess.run([str(SOURCE / "tests/support/phantom.py"), str(scratch / "phantom"), "--kind", "emphysema", "--slices",
                        str(args.slices), "--slice-distance", "1"], check=True, stdout=subprocess.DEVNULL)
        series = scratch / "phantom/dicom"
        subprocess.run([str(BIN / "bare_forward"), "unet", str(scratch / "unet.ts")], check=True)
        make_model(scratch, scratch / "unet.ts")
        windows = window_count(series)
        print(f"{args.slices} slices, {windows} windows, {args.threads} threads, {args.rounds} rounds")
        rows = []
        for number in range(args.rounds):
            bare = forward_seconds(scratch / "models/bench-unet/model.ts", windows, 4, (1, *[WINDOW] * 3), args.threads)
            row = {"bare": bare, "ours": ours(scratch, series, args.threads, scratch / f"out{number}")}
            row["network"], _ = in_a_running_worker(scratch / "catalog", scratch / "models", "bench-unet",
                                                    sorted(series.iterdir()), args.threads, scratch / f"jobs{number}", 3)
            if tree:
                row["monai"] = monai(scratch, series, args.threads, tree)
            rows.append(row)
            print(f"round {number + 1}: forward {bare:.1f} s, Inferad {row['ours']['total']:.1f} s, of it network "
                  f"{row['network']:.1f} s ({row['ours']['memory']:.0f} MB)" + (f", MONAI {row['monai']['total']:.1f} s, of it network "
                  f"{row['monai']['network']:.1f} s ({row['monai']['memory']:.0f} MB)" if tree else ""), flush=True)
        report(rows, tree)


def report(rows, tree):
    def median(value):
        return statistics.median(value(row) for row in rows)

    print("\nmedians of the rounds' ratios")
    print(f"  Inferad, whole / forward              {median(lambda r: r['ours']['total'] / r['bare']):6.2f}")
    print(f"  Inferad, the network / forward        {median(lambda r: r['network'] / r['bare']):6.2f}")
    if tree:
        print(f"  MONAI chain, whole / Inferad          {median(lambda r: r['monai']['total'] / r['ours']['total']):6.2f}")
        rest = median(lambda r: (r["monai"]["total"] - r["monai"]["network"]) / max(0.1, r["ours"]["total"] - r["network"]))
        print(f"  MONAI / Inferad, all but the network  {rest:6.2f}")
        print(f"  memory, MONAI / Inferad               {median(lambda r: r['monai']['memory'] / r['ours']['memory']):6.2f}")
    else:
        print(f"  MONAI chain, whole / Inferad          {median(lambda r: RECORDED['total'] * r['bare'] / r['ours']['total']):6.2f}"
              "  (MONAI recorded, not run)")
        rest = median(lambda r: RECORDED["rest"] * r["bare"] / max(0.1, r["ours"]["total"] - r["network"]))
        print(f"  MONAI / Inferad, all but the network  {rest:6.2f}  (MONAI recorded, not run)")
        print(f"  memory, MONAI / Inferad               {median(lambda r: RECORDED['memory_mb'] / r['ours']['memory']):6.2f}"
              "  (MONAI recorded, not run)")


if __name__ == "__main__":
    sys.exit(main())
