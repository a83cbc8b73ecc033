#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a chest CT whose lungs are known: DICOM files in OUT/dicom/, the truth in OUT/truth.json and OUT/labels.u8.gz.

The same arguments give the same bytes. The flags below the line make series that a volume pipeline must refuse or sort
out by itself. A slice shows the mean over its thickness. Truth: `volume_ml` is the volume of the shapes (vessels inside
the lung count, airways do not); `laa950_percent`, `haa_percent` and `mean_hu` are those of the picture without noise over
the voxels that the lungs cover at least by half; `stored` repeats them over the same voxels of the files, noise included.
"""
import argparse
import ctypes
import gzip
import json
import pathlib
import sys

import numpy as np

import phantom_anatomy as anatomy
import phantom_dicom as dicom

RIGHT, LEFT, AIRWAY = 1, 2, 3
AXIAL, CORONAL = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--kind", choices=("normal", "emphysema", "high-attenuation"), default="normal")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slices", type=int, default=120)
    parser.add_argument("--size", type=int, default=512, help="rows and columns")
    parser.add_argument("--spacing", type=float, help="mm between pixels (default: 358.4 / size)")
    parser.add_argument("--slice-distance", type=float, default=2.5, help="mm")
    parser.add_argument("--slice-thickness", type=float, help="mm (default: the slice distance)")
    parser.add_argument("--enhanced", action="store_true", help="one multi-frame file (Enhanced CT) instead of one a slice")
    parser.add_argument("--noise", type=float, default=20.0, help="standard deviation, HU")
    parser.add_argument("--patient-name")
    parser.add_argument("--patient-id")
    parser.add_argument("--study-date", default="20261101")
    bad = parser.add_argument_group("awkward series")
    bad.add_argument("--truncate", action="store_true", help="cover only the middle of the lungs")
    bad.add_argument("--gap", action="store_true", help="leave out three slices in the middle")
    bad.add_argument("--duplicate", action="store_true", help="one position twice")
    bad.add_argument("--tilt", type=float, default=0.0, help="gantry tilt, degrees")
    bad.add_argument("--shuffle", action="store_true", help="files and instance numbers in no order")
    bad.add_argument("--no-rescale", action="store_true", help="no Rescale Slope and Intercept")
    bad.add_argument("--localizer", action="store_true", help="add a localizer series")
    bad.add_argument("--coronal", action="store_true", help="add a coronal reformat")
    args = parser.parse_args()
    args.slice_thickness = args.slice_thickness or args.slice_distance
    return args


class Volume:
    """Hounsfield units and sums of the truth, filled slice by slice."""

    def __init__(self, args):
        self.chest = anatomy.Chest(args.kind, args.seed)
        self.spacing = args.spacing or 358.4 / args.size
        self.distance, self.thickness = args.slice_distance, args.slice_thickness
        self.z = (np.arange(args.slices) - (args.slices - 1) / 2) * args.slice_distance
        covered = args.slices * args.slice_distance
        self.stretch = max(1.0, anatomy.LENGTH / covered) * (0.5 if args.truncate else 1.0)
        shape = (args.slices, args.size, args.size)
        self.clean, self.hu = np.empty(shape, np.float32), np.empty(shape, np.int16)
        self.labels = np.zeros(shape, np.uint8)
        self.cover = {"right": 0.0, "left": 0.0, "lesion": 0.0, "vessel": 0.0}
        grid, noise = anatomy.Plane(args.size, self.spacing), np.random.default_rng([args.seed, 77])
        for k in range(args.slices):
            self._slice(k, grid, noise, args.noise)

    def _slice(self, k, grid, noise, deviation):
        layer = self._mean(grid, k, self.distance)
        shown = layer if self.thickness == self.distance else self._mean(grid, k, self.thickness)
        for name, cover in zip(self.cover, layer[1:]):
            self.cover[name] += float(cover.sum(dtype=np.float64))
        hu, right, left, _, _, airway = shown
        self.labels[k][airway >= 0.5] = AIRWAY
        self.labels[k][(right + left >= 0.5) & (right >= left)] = RIGHT
        self.labels[k][(right + left >= 0.5) & (right < left)] = LEFT
        self.clean[k] = hu
        self.hu[k] = np.clip(np.rint(hu + deviation * grain(noise, hu.shape)), -2048, 3071)

    def _mean(self, grid, k, thickness):
        """What Chest.plane() gives, averaged over a layer around slice k."""
        heights = anatomy.planes_in(thickness)
        total = None
        for height in heights:
            plane = self.chest.plane(grid, (self.z[k] + height) * self.stretch)
            if total is None:
                total = plane
            else:
                for all_of_it, part in zip(total, plane):
                    all_of_it += part
        return [all_of_it / np.float32(len(heights)) for all_of_it in total]


def grain(noise, shape):
    """Noise of standard deviation 1 whose neighbours are alike, as after a reconstruction kernel."""
    white = noise.standard_normal((shape[0] + 1, shape[1] + 1), dtype=np.float32)
    return (white[1:, 1:] + np.float32(0.4) * white[:-1, 1:] + np.float32(0.4) * white[1:, :-1]) / np.float32(1.32**0.5)


def density(values):
    share = lambda mask: round(100.0 * float(np.count_nonzero(mask)) / max(1, values.size), 4)
    return {"voxels": int(values.size), "mean_hu": round(float(values.mean(dtype=np.float64)), 3),
            "perc15_hu": round(float(np.percentile(values, 15)), 2), "laa950_percent": share(values <= -950),
            "haa_percent": share((values >= -600) & (values <= -250))}


def truth(args, volume, study_uid):
    voxel_ml = volume.spacing**2 * volume.distance / 1000
    lungs = {}
    for name, wanted in (("right", (RIGHT,)), ("left", (LEFT,)), ("both", (RIGHT, LEFT))):
        mask = np.isin(volume.labels, wanted) if len(wanted) > 1 else volume.labels == wanted[0]
        lungs[name] = density(volume.clean[mask]) | {"stored": density(volume.hu[mask])}
        cover = sum(volume.cover[side] for side in ("right", "left") if name in (side, "both"))
        lungs[name]["volume_ml"] = round(cover * voxel_ml, 3)
    both = volume.cover["right"] + volume.cover["left"]
    return {"kind": args.kind, "seed": args.seed, "study_uid": study_uid, "lungs": lungs,
            "lesion_percent": round(100 * volume.cover["lesion"] / both, 3),
            "vessel_percent": round(100 * volume.cover["vessel"] / both, 3),
            "grid": {"columns": args.size, "rows": args.size, "slices": args.slices, "voxel_ml": voxel_ml,
                     "spacing": [volume.spacing, volume.spacing, volume.distance], "thickness": volume.thickness},
            "labels": {"file": "labels.u8.gz", "order": "slice (ascending z), row, column",
                       "values": {"right lung": RIGHT, "left lung": LEFT, "airway": AIRWAY}}}


def write_axial(args, volume, study, key, folder):
    count, size = volume.hu.shape[0], volume.hu.shape[1]
    numbers = np.arange(1, count + 1)
    files = numbers.copy()
    if args.shuffle:
        order = np.random.default_rng(args.seed)
        order.shuffle(numbers)
        order.shuffle(files)
    corner = -(size - 1) / 2 * volume.spacing
    angle = np.deg2rad(args.tilt)
    orientation = AXIAL if not args.tilt else (1, 0, 0, 0, round(float(np.cos(angle)), 6), round(float(np.sin(angle)), 6))
    series = ("axial", 2, "Chest 2.5 B30f" if args.slice_distance == 2.5 else "Chest B30f")
    for k in range(count):
        if args.gap and count // 2 <= k < count // 2 + 3:
            continue
        z = volume.z[k - 1] if args.duplicate and k == count // 2 else volume.z[k]
        data = dicom.image(study, key, series, int(numbers[k]), (corner, corner, z), orientation,
                           (volume.spacing, volume.spacing, volume.thickness), dicom.stored(volume.hu[k]),
                           ["ORIGINAL", "PRIMARY", "AXIAL"], rescale=not args.no_rescale)
        if args.tilt:
            data.GantryDetectorTilt = str(args.tilt)
        dicom.save(data, folder / f"ct{files[k]:04d}.dcm")


def write_enhanced(volume, study, key, folder):
    corner = -(volume.hu.shape[1] - 1) / 2 * volume.spacing
    data = dicom.enhanced_image(study, key, ("axial", 2, "Chest B30f"), [(corner, corner, z) for z in volume.z], AXIAL,
                                (volume.spacing, volume.spacing, volume.thickness), volume.hu)
    dicom.save(data, folder / "enhanced.dcm")


def write_side_series(args, volume, study, key, folder):
    size, corner = volume.hu.shape[1], -(volume.hu.shape[1] - 1) / 2 * volume.spacing
    top, upward = volume.z[-1], volume.hu[::-1]
    spacing = (volume.distance, volume.spacing, volume.spacing)
    if args.localizer:
        shadow = upward.mean(axis=1, dtype=np.float32)
        dicom.save(dicom.image(study, key, ("localizer", 1, "Scout"), 1, (corner, 0, top), CORONAL, spacing,
                               dicom.stored(shadow), ["ORIGINAL", "PRIMARY", "LOCALIZER"]), folder / "localizer.dcm")
    for number, row in enumerate(range(size // 4, 3 * size // 4, max(1, size // 40)) if args.coronal else (), 1):
        position = (corner, corner + row * volume.spacing, top)
        dicom.save(dicom.image(study, key, ("coronal", 3, "Chest coronal"), number, position, CORONAL, spacing,
                               dicom.stored(upward[:, row, :]), ["DERIVED", "SECONDARY", "REFORMATTED"]),
                   folder / f"coronal{number:04d}.dcm")


def keep_memory():
    """glibc would give each large array back to the system and fault it in again: 13 times as slow on some machines."""
    m_trim_threshold, m_mmap_threshold = -1, -3
    ctypes.CDLL(None).mallopt(m_trim_threshold, 1 << 30)
    ctypes.CDLL(None).mallopt(m_mmap_threshold, 1 << 25)


def main():
    args = arguments()
    keep_memory()
    folder = args.out / "dicom"
    folder.mkdir(parents=True, exist_ok=True)
    key = " ".join(f"{name}={value}" for name, value in sorted(vars(args).items()) if name != "out")
    volume, study = Volume(args), dicom.study_header(args, key)
    if args.enhanced:
        write_enhanced(volume, study, key, folder)
    else:
        write_axial(args, volume, study, key, folder)
    write_side_series(args, volume, study, key, folder)
    (args.out / "labels.u8.gz").write_bytes(gzip.compress(volume.labels.tobytes(), 1, mtime=0))
    report = truth(args, volume, study.StudyInstanceUID)
    (args.out / "truth.json").write_text(json.dumps(report, indent=2) + "\n")
    lungs = report["lungs"]["both"]
    print(f"{args.out}: {args.kind}, lungs {lungs['volume_ml']:.0f} mL, LAA-950 {lungs['laa950_percent']:.2f} %, "
          f"HAA {lungs['haa_percent']:.2f} %, mean {lungs['mean_hu']:.0f} HU")


if __name__ == "__main__":
    sys.exit(main())
