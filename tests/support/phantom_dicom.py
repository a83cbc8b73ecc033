# SPDX-License-Identifier: Apache-2.0
"""Writes phantom volumes as CT Image Storage, complete enough for dciodvfy to find nothing wrong."""
import hashlib

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
INTERCEPT = -1024


def uid(*name):
    digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def study_header(args, key):
    """What all series of the study share."""
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.StudyDate = header.SeriesDate = header.AcquisitionDate = header.ContentDate = args.study_date
    header.StudyTime = header.SeriesTime = header.AcquisitionTime = header.ContentTime = "083000"
    header.AccessionNumber = f"PH{args.seed:06d}"
    header.Manufacturer = "Inferad phantom"
    header.ManufacturerModelName = "Chest of formulas"
    header.DeviceSerialNumber = "1"
    header.SoftwareVersions = "1"
    header.ReferringPhysicianName = ""
    header.StudyDescription = "CT chest"
    header.PatientName = args.patient_name or f"Phantom^{args.kind.title()}"
    header.PatientID = args.patient_id or f"PHANTOM{args.seed:04d}"
    header.PatientBirthDate = "19620317"
    header.PatientSex = "F" if args.seed % 2 else "M"
    header.PatientAge = "064Y"
    header.StudyInstanceUID = uid(key, "study")
    header.StudyID = "1"
    header.FrameOfReferenceUID = uid(key, "frame of reference")
    header.PositionReferenceIndicator = ""
    header.PatientPosition = "HFS"
    header.Modality = "CT"
    header.BodyPartExamined = "CHEST"
    header.KVP = "120"
    header.ConvolutionKernel = "B30f"
    return header


def image(study, key, series, number, position, orientation, spacing, pixels, image_type, rescale=True):
    """One CT image; `series` is (name, number, description)."""
    name, series_number, description = series
    data = Dataset()
    data.update(study)
    data.SOPClassUID = CT_IMAGE_STORAGE
    data.SOPInstanceUID = uid(key, name, number)
    data.ImageType = image_type
    data.SeriesInstanceUID = uid(key, name)
    data.SeriesNumber = str(series_number)
    data.SeriesDescription = description
    data.AcquisitionNumber = "1"
    data.InstanceNumber = str(number)
    data.ImagePositionPatient = [f"{value:.6g}" for value in position]
    data.ImageOrientationPatient = [str(value) for value in orientation]
    data.PixelSpacing = [f"{value:.6g}" for value in spacing[:2]]
    data.SliceThickness = f"{spacing[2]:.6g}"
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.WindowCenter, data.WindowWidth = "-500", "1500"
    if rescale:
        data.RescaleIntercept, data.RescaleSlope, data.RescaleType = str(INTERCEPT), "1", "HU"
    data.PixelData = pixels.astype("<i2").tobytes()
    data["PixelData"].VR = "OW"
    return data


def save(data, path):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("implementation")
    file = FileDataset(str(path), data, file_meta=meta, preamble=b"\0" * 128)
    file.is_little_endian, file.is_implicit_VR = True, False
    file.save_as(path, write_like_original=False)


def stored(hu):
    """Hounsfield units → stored values."""
    return np.clip(np.rint(hu), -2048, 3071) - INTERCEPT
