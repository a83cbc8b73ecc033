# SPDX-License-Identifier: Apache-2.0
"""Radiographs and MR series of formulas, with the noise, clipping, border and gradient that are asked for, and the
truth beside them; written as DX and MR images."""
import types

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from phantom_dicom import uid

DX_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.1.1"
MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"


def blob(y, x, centre, radii):
    """Thickness of an ellipsoid along the beam: 1 in its middle."""
    return np.sqrt(np.clip(1 - ((y - centre[0]) / radii[0]) ** 2 - ((x - centre[1]) / radii[1]) ** 2, 0, None))


def radiograph(noise, floor=0, collimator_degrees=None, rows=1024, columns=880):
    """Absorption of a made chest, 12 bits, white is little radiation. Below `floor` the detector is saturated."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    absorption = 1.1 + 0.8 * y / rows + 0.5 * (x / columns - 0.5) ** 2 + 1.6 * blob(y, x, (560, 440), (420, 380))
    for side in (280, 620):
        absorption -= 1.5 * blob(y, x, (430, side), (300, 130))
    for rib in range(150, 700, 70):
        absorption += 0.25 * np.exp(-(((y - rib - 0.0006 * (x - 440) ** 2) / 9) ** 2))
    pixels = 900 * absorption + random.normal(0, noise, absorption.shape)
    field = np.ones(pixels.shape, bool)
    if collimator_degrees is not None:
        angle = np.radians(collimator_degrees)
        across = (x - columns / 2) * np.cos(angle) + (y - rows / 2) * np.sin(angle)
        along = (y - rows / 2) * np.cos(angle) - (x - columns / 2) * np.sin(angle)
        field = (np.abs(across) < 300) & (np.abs(along) < 400)
    clipped = field & (np.rint(pixels) <= floor)
    pixels = np.where(field, np.maximum(pixels, floor), 4000 + random.normal(0, 10, pixels.shape))
    pixels = np.clip(np.rint(pixels), 0, 4095)
    used = np.percentile(pixels[field], [1, 99])
    return types.SimpleNamespace(pixels=pixels, noise_percent=100 * noise / (used[1] - used[0]),
                                 border_percent=100 * np.mean(~field),
                                 clipped_percent=100 * clipped.sum() / field.sum())


def mr_series(noise, gradient=0.0, blanked=False, ceiling=4095, coils=1, ghost=0.0, slices=16, size=192):
    """A uniform elliptic body with fluid in it, signal 600 (1 + gradient x / half axis); complex noise, magnitude (of
    several coils that all see the same: sum of squares). `ghost`: share of the signal half the field away."""
    random = np.random.default_rng(11)
    _, y, x = np.mgrid[0:slices, 0:size, 0:size] - (size - 1) / 2
    body = (y / 72) ** 2 + (x / 56) ** 2 < 1
    signal = np.where(body, 600 * (1 + gradient * x / 56), 0)
    for sign in (-1, 1):  # the same in each quadrant
        fluid = (y / 26) ** 2 + ((x - sign * 12) / 6) ** 2 < 1
        signal = np.where(fluid, signal * 0.5, signal)
    seen = signal + ghost * np.roll(signal, size // 2, axis=1)
    squares = np.zeros(signal.shape)
    for _ in range(coils):
        real, imaginary = random.normal(0, noise, (2, *signal.shape))
        squares += (seen / np.sqrt(coils) + real) ** 2 + imaginary**2
    magnitude = np.sqrt(squares)
    if blanked:
        magnitude[~body] = 0
    clipped = body & (np.rint(magnitude) >= ceiling)
    return types.SimpleNamespace(signal=np.minimum(np.rint(magnitude), ceiling), mean_signal=signal[body].mean(),
                                 foreground_percent=100 * body.mean(),
                                 clipped_percent=100 * clipped.sum() / body.sum())


def image(modality, sop_class, pixels, number):
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = sop_class, uid("acquisition", modality, number)
    data.StudyInstanceUID, data.SeriesInstanceUID = uid("acquisition", modality), uid("acquisition", modality, "series")
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20261125"
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = "090000"
    data.Modality = modality
    data.AccessionNumber, data.StudyID = "AC000001", "1"
    data.Manufacturer, data.ReferringPhysicianName = "Inferad phantom", ""
    data.PatientName, data.PatientID = "Phantom^Acquisition", "PHANTOM0007"
    data.PatientBirthDate, data.PatientSex, data.PatientAge = "19620317", "F", "064Y"
    data.SeriesNumber, data.InstanceNumber = "1", str(number)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = pixels.astype("<u2").tobytes()
    data["PixelData"].VR = "OW"
    return data


def save(file, data):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole = FileDataset(str(file), data, file_meta=meta, preamble=b"\0" * 128)
    whole.is_little_endian, whole.is_implicit_VR = True, False
    whole.save_as(str(file), write_like_original=False)
    return file


def write_radiograph(file, pixels, inverted=False):
    data = image("DX", DX_IMAGE_STORAGE, 4095 - pixels if inverted else pixels, 1)
    data.ImageType = ["ORIGINAL", "PRIMARY"]
    data.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    data.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    data.PresentationIntentType = "FOR PRESENTATION"
    data.BodyPartExamined, data.ViewPosition = "CHEST", "PA"
    data.ImagerPixelSpacing = ["0.2", "0.2"]
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    return save(file, data)


def write_mr_series(folder, signal):
    folder.mkdir()
    for k, pixels in enumerate(signal):
        data = image("MR", MR_IMAGE_STORAGE, pixels, k + 1)
        data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
        data.BodyPartExamined = "HEAD"
        data.FrameOfReferenceUID = uid("acquisition", "MR", "frame of reference")
        data.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
        data.ImagePositionPatient = ["-96", "-96", str(4 * k)]
        data.PixelSpacing, data.SliceThickness = ["1", "1"], "4"
        save(folder / f"{k:03}.dcm", data)
    return folder
