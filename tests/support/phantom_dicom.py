# SPDX-License-Identifier: Apache-2.0
"""Writes phantom volumes as CT Image Storage, complete enough for dciodvfy to find nothing wrong."""
import hashlib

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2.1"
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


def items(**attributes):
    """A data set; a value that is a dict becomes a sequence with one item."""
    data = Dataset()
    for keyword, value in attributes.items():
        setattr(data, keyword, [items(**value)] if isinstance(value, dict) else value)
    return data


def code(value, scheme, meaning):
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}


def shared_groups(orientation, spacing):
    """The functional groups that all frames of the Enhanced CT have in common."""
    return items(
        PixelMeasuresSequence={"PixelSpacing": [f"{value:.6g}" for value in spacing[:2]],
                               "SliceThickness": f"{spacing[2]:.6g}"},
        PlaneOrientationSequence={"ImageOrientationPatient": [str(value) for value in orientation]},
        FrameAnatomySequence={"FrameLaterality": "U", "AnatomicRegionSequence": code("51185008", "SCT", "Chest")},
        FrameVOILUTSequence={"WindowCenter": "-500", "WindowWidth": "1500"},
        IrradiationEventIdentificationSequence={"IrradiationEventUID": uid("irradiation")},
        CTImageFrameTypeSequence={"FrameType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "PixelPresentation": "MONOCHROME",
                                  "VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE"},
        CTAcquisitionTypeSequence={"AcquisitionType": "SPIRAL", "ConstantVolumeFlag": "NO",
                                   "FluoroscopyFlag": "NO"},
        CTAcquisitionDetailsSequence={"RotationDirection": "CW", "RevolutionTime": 0.5, "SingleCollimationWidth": 0.6,
                                      "TotalCollimationWidth": 38.4, "TableHeight": 150.0, "GantryDetectorTilt": 0.0,
                                      "DataCollectionDiameter": 500.0},
        CTTableDynamicsSequence={"TableSpeed": 46.0, "TableFeedPerRotation": 23.0, "SpiralPitchFactor": 0.6},
        CTPositionSequence={"TablePosition": 0.0, "ReconstructionTargetCenterPatient": [0.0, 0.0, 0.0],
                            "DataCollectionCenterPatient": [0.0, 0.0, 0.0]},
        CTGeometrySequence={"DistanceSourceToDetector": 1085.0, "DistanceSourceToDataCollectionCenter": 595.0},
        CTReconstructionSequence={"ReconstructionAlgorithm": "FILTER_BACK_PROJ", "ConvolutionKernel": "B30f",
                                  "ConvolutionKernelGroup": "SOFT_TISSUE",
                                  "ReconstructionPixelSpacing": [float(f"{value:.6g}") for value in spacing[:2]],
                                  "ReconstructionDiameter": 358.4,
                                  "ReconstructionAngle": 360.0, "ImageFilter": "NONE"},
        CTExposureSequence={"ExposureTimeInms": 500.0, "XRayTubeCurrentInmA": 100.0, "ExposureInmAs": 50.0,
                            "ExposureModulationType": "NONE", "CTDIvol": 5.0},
        CTXRayDetailsSequence={"KVP": "120", "FocalSpots": [0.9], "FilterType": "FLAT", "FilterMaterial": ["ALUMINUM"]})


def enhanced_image(study, key, series, positions, orientation, spacing, hu):
    """All slices in one Enhanced CT, the last one first; each second frame has another rescale intercept."""
    name, series_number, description = series
    order = range(len(positions) - 1, -1, -1)
    intercepts = [INTERCEPT - 100 * (k % 2) for k in order]
    time = study.StudyDate + study.StudyTime
    organization = uid(key, "dimensions")
    data = items(
        SOPClassUID=ENHANCED_CT_IMAGE_STORAGE, SOPInstanceUID=uid(key, name, "enhanced"),
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], SeriesInstanceUID=uid(key, name),
        SeriesNumber=str(series_number), SeriesDescription=description, AcquisitionNumber="1", InstanceNumber="1",
        AcquisitionDateTime=time, AcquisitionDuration=4.0, PixelPresentation="MONOCHROME", VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE", MultienergyCTAcquisition="NO", ContentQualification="RESEARCH",
        BurnedInAnnotation="NO", LossyImageCompression="00", PresentationLUTShape="IDENTITY", AcquisitionContextSequence=[],
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", NumberOfFrames=str(len(positions)), Rows=hu.shape[1],
        Columns=hu.shape[2], BitsAllocated=16, BitsStored=16, HighBit=15, PixelRepresentation=1,
        DimensionOrganizationSequence={"DimensionOrganizationUID": organization},
        DimensionIndexSequence={"DimensionOrganizationUID": organization, "DimensionIndexPointer": 0x00209057,
                                "FunctionalGroupPointer": 0x00209111})
    for element in study:
        if element.keyword not in ("KVP", "ConvolutionKernel"):
            data.add(element)
    data.SharedFunctionalGroupsSequence = [shared_groups(orientation, spacing)]
    data.PerFrameFunctionalGroupsSequence = [items(
        FrameContentSequence={"FrameAcquisitionDateTime": time, "FrameReferenceDateTime": time,
                              "FrameAcquisitionDuration": 500.0, "StackID": "1", "InStackPositionNumber": number,
                              "DimensionIndexValues": [number]},
        PlanePositionSequence={"ImagePositionPatient": [f"{value:.6g}" for value in positions[k]]},
        PixelValueTransformationSequence={"RescaleIntercept": str(intercept), "RescaleSlope": "1", "RescaleType": "HU"})
        for number, (k, intercept) in enumerate(zip(order, intercepts), 1)]
    frames = np.stack([np.clip(hu[k], -2048, 3071) - intercept for k, intercept in zip(order, intercepts)])
    data.PixelData = frames.astype("<i2").tobytes()
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
