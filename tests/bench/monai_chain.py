#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a MONAI Deploy style application does for one study, stage by stage, in one process: the peer of script/bench engine.

    PYTHONPATH=MONAI[:HIGHDICOM/src] monai_chain.py SERIES MODEL OUT.dcm [threads=2] [--no-seg]
"""
import pathlib
import resource
import sys
import time

LAPS = []
SINCE = time.perf_counter()


def lap(name):
    global SINCE
    now = time.perf_counter()
    LAPS.append((name, now - SINCE))
    SINCE = now


import torch

lap("import torch")
import numpy as np
import pydicom
from monai.data import MetaTensor, decollate_batch
from monai.inferers import sliding_window_inference
from monai.transforms import Activationsd, AsDiscreted, Compose, Invertd, Orientationd, ScaleIntensityRanged, Spacingd

lap("import monai and pydicom")
WITH_SEG = "--no-seg" not in sys.argv
if WITH_SEG:
    import highdicom as hd
    from pydicom.sr.codedict import codes

    lap("import highdicom")


def volume_of(images):
    """As MONAI Deploy's DICOMSeriesToVolumeOperator: x, y, z; RAS affine."""
    stack = np.stack([image.pixel_array for image in images]).astype(np.float32)
    stack = stack * float(images[0].RescaleSlope) + float(images[0].RescaleIntercept)
    spacing = [float(value) for value in images[0].PixelSpacing]
    position = [float(value) for value in images[0].ImagePositionPatient]
    affine = np.diag([-spacing[1], -spacing[0], float(images[1].ImagePositionPatient[2]) - position[2], 1.0])
    affine[:3, 3] = [-position[0], -position[1], position[2]]
    data = torch.from_numpy(np.ascontiguousarray(np.transpose(stack, (2, 1, 0)), dtype=np.float32))
    return MetaTensor(data, affine=torch.from_numpy(affine),
                      meta={"original_channel_dim": "no_channel", "spatial_shape": np.array(data.shape)})[None]


def write_seg(images, mask, out):
    algorithm = hd.AlgorithmIdentificationSequence(name="bench", version="1", family=codes.cid7162.ArtificialIntelligence)
    description = hd.seg.SegmentDescription(
        segment_number=1, segment_label="Soft tissue", segmented_property_category=codes.SCT.Tissue,
        segmented_property_type=codes.SCT.Tissue, algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm)
    hd.seg.Segmentation(
        source_images=images, pixel_array=mask, segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[description], series_instance_uid=hd.UID(), series_number=99, sop_instance_uid=hd.UID(),
        instance_number=1, manufacturer="bench", manufacturer_model_name="bench", software_versions="1",
        device_serial_number="1").save_as(out)


def main():
    options = dict(argument.split("=", 1) for argument in sys.argv[4:] if "=" in argument)
    torch.set_num_threads(int(options.get("threads", "2")))
    images = [pydicom.dcmread(file) for file in pathlib.Path(sys.argv[1]).iterdir()]
    images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    lap("read and sort files")
    volume = volume_of(images)
    lap("stack to float32 HU")
    before = Compose([
        Orientationd("image", axcodes="RAS"), Spacingd("image", pixdim=(1.5, 1.5, 1.5), mode="bilinear"),
        ScaleIntensityRanged("image", a_min=-57, a_max=164, b_min=0, b_max=1, clip=True)])
    data = before({"image": volume})
    lap("orientation, spacing, intensity")
    network = torch.jit.load(sys.argv[2]).eval()
    lap("torch.jit.load")
    with torch.no_grad():
        predicted = sliding_window_inference(data["image"][None], (96, 96, 96), 4, network, overlap=0.25, mode="gaussian")
        lap("sliding window")
        data["pred"] = decollate_batch(predicted)[0]
        after = Compose([
            Activationsd("pred", softmax=True),
            Invertd("pred", transform=before, orig_keys="image", nearest_interp=False, to_tensor=True),
            AsDiscreted("pred", argmax=True)])
        data = after(data)
        lap("softmax, inverse resampling, argmax")
    mask = np.asarray(data["pred"])[0].astype(np.uint8)
    mask = np.ascontiguousarray(np.transpose(mask, (2, 1, 0)))
    lap("to numpy")
    if WITH_SEG:
        write_seg(images, mask, sys.argv[3])
        lap("SEG")
    for name, seconds in LAPS:
        print(f"{name:36} {seconds:7.2f} s")
    print(f"{'total':36} {sum(seconds for _, seconds in LAPS):7.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, voxels of label 1: {int(mask.sum())}")


if __name__ == "__main__":
    main()
