# SPDX-License-Identifier: Apache-2.0
# verify_objects.py OBJECTS SLICES VALUES: reads objects with pixels with pydicom and compares them with what they were
# made of.
#   OBJECTS: text file with one object a line; several only of a series of derived images, in slice order.
#   SLICES: text file, "FRAME FILE" of the source of each slice.
#   VALUES: by the kind of object: SEG FRACTIONAL float32 [segment,slice,row,column], 0 to 1; SEG LABELMAP and BINARY
#     uint8 [slice,row,column]; Parametric Map and derived images float32 [slice,row,column]; Secondary Capture uint8
#     [row,column,3].
# Prints each contradiction; exit 0 none, 1 some, 77 pydicom or numpy is missing.
import sys

try:
    import numpy
    import pydicom
except ImportError:
    sys.exit(77)

from verify_results import bits_of, check_identity, expect, problems, raw

SECONDARY_CAPTURE, PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.30"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


class Slices:
    """The slices of the source, by instance and frame."""

    def __init__(self, path):
        lines = [line.split(" ", 1) for line in open(path).read().splitlines()]
        self.frames = [int(frame) for frame, _ in lines]
        files = {file: pydicom.dcmread(file, stop_before_pixels=True) for _, file in lines}
        self.images = [files[file] for _, file in lines]
        self.several = {str(i.SOPInstanceUID) for i in self.images if int(i.get("NumberOfFrames", 1) or 1) > 1}
        self.index = {(str(i.SOPInstanceUID), f): k for k, (i, f) in enumerate(zip(self.images, self.frames))}

    def of(self, reference):
        uid = str(reference.ReferencedSOPInstanceUID)
        expect(("ReferencedFrameNumber" in reference) == (uid in self.several), "frame number where there are frames")
        k = self.index[uid, int(reference.get("ReferencedFrameNumber", 1))]
        expect(reference.ReferencedSOPClassUID == self.images[k].SOPClassUID, "class of the source image")
        return k

    def position(self, k):
        image = self.images[k]
        if "PerFrameFunctionalGroupsSequence" in image:
            group = image.PerFrameFunctionalGroupsSequence[self.frames[k] - 1]
            return [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient]
        return [float(v) for v in image.ImagePositionPatient] if "ImagePositionPatient" in image else None


def frame_slices(obj, slices):
    """The slice that each frame comes from; checks positions, dimension indices and Common Instance Reference."""
    listed = {(str(i.ReferencedSOPInstanceUID)) for s in obj.ReferencedSeriesSequence
              for i in s.ReferencedInstanceSequence}
    expect(listed == {uid for uid, _ in slices.index}, "Common Instance Reference is not exactly the source")
    result = []
    for group in obj.PerFrameFunctionalGroupsSequence:
        k = slices.of(group.DerivationImageSequence[0].SourceImageSequence[0])
        result.append(k)
        where = slices.position(k)
        if obj.get("SegmentationType"):
            expect(("PlanePositionSequence" in group) == (where is not None), "a position where the source has one")
        if where is not None:
            ours = [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient]
            expect(numpy.allclose(ours, where, atol=1e-6), f"position of slice {k}")
    indices = [numpy.atleast_1d(g.FrameContentSequence[0].DimensionIndexValues).tolist()
               for g in obj.PerFrameFunctionalGroupsSequence]
    expect(indices == sorted(indices), "frames are not in the order of their dimension indices")
    expect(all(len(i) == len(obj.DimensionIndexSequence) for i in indices), "number of dimensions")
    return result


def check_seg(seg, slices, values):
    where = frame_slices(seg, slices)
    size = (int(seg.NumberOfFrames), seg.Rows, seg.Columns)
    if seg.SegmentationType == "BINARY":
        frames = bits_of(seg)
    else:
        frames = seg.pixel_array.reshape(size)
        if not seg.file_meta.TransferSyntaxUID.is_encapsulated:
            stored = numpy.frombuffer(seg.PixelData, numpy.uint8)[: size[0] * size[1] * size[2]].reshape(size)
            expect(numpy.array_equal(frames, stored), "pydicom reads other values")
    if seg.SOPClassUID == LABEL_MAP:
        expected = values.view(numpy.uint8).reshape(-1, seg.Rows, seg.Columns)
        got = numpy.full_like(expected, seg.PixelPaddingValue)
        for frame, k in zip(frames, where):
            got[k] = frame
        numbers = {s.SegmentNumber for s in seg.SegmentSequence}
        expect(set(numpy.unique(frames).tolist()) <= numbers, "a value without a segment")
    else:
        count = len(seg.SegmentSequence)
        numbers = [g.SegmentIdentificationSequence[0].ReferencedSegmentNumber
                   for g in seg.PerFrameFunctionalGroupsSequence]
        if seg.SegmentationType == "BINARY":
            labels = values.view(numpy.uint8).reshape(-1, seg.Rows, seg.Columns)
            expected = numpy.stack([(labels == n).astype(numpy.uint8) for n in range(1, count + 1)])
        else:
            expected = values.view(numpy.uint8).reshape(count, -1, seg.Rows, seg.Columns)
        got = numpy.zeros_like(expected)
        for frame, n, k in zip(frames, numbers, where):
            got[n - 1, k] = frame
    expect(numpy.array_equal(got, expected), f"{numpy.count_nonzero(got != expected)} voxels differ")


def check_map(obj, slices, values):
    frames = numpy.frombuffer(obj.FloatPixelData, numpy.float32).reshape(-1, obj.Rows, obj.Columns)
    expected = values.view(numpy.float32).reshape(-1, obj.Rows, obj.Columns)
    got = numpy.zeros_like(expected)
    for frame, k in zip(frames, frame_slices(obj, slices)):
        got[k] = frame
    expect(got.tobytes() == expected.tobytes(), "values differ")
    mapping = obj.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    expect((mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, 0), "mapping is not the identity")
    quantity = mapping.QuantityDefinitionSequence[0]
    expect(quantity.ConceptCodeSequence[0].CodeValue == "130404", "quantity is not saliency")


def check_capture(obj, slices, values):
    expect(obj.PhotometricInterpretation == "RGB" and obj.BurnedInAnnotation == "YES", "kind of picture")
    expect(numpy.array_equal(obj.pixel_array.reshape(-1), values[: obj.Rows * obj.Columns * 3]), "pixels differ")
    for reference in obj.SourceImageSequence:
        slices.of(reference)
    for keyword in ("FrameOfReferenceUID", "ImagePositionPatient", "PixelSpacing"):
        expect(keyword not in obj, f"{keyword} in a picture that lies nowhere")


def check_derived(objects, slices, values):
    expect(len(objects) == len(slices.images), "one image for each slice")
    values = values.view(numpy.float32).reshape(-1, objects[0].Rows, objects[0].Columns)
    expect(len({o.SOPInstanceUID for o in objects}) == len(objects), "instances differ")
    expect(len({o.SeriesInstanceUID for o in objects}) == 1, "one series")
    for k, obj in enumerate(objects):
        slope, intercept = float(obj.RescaleSlope), float(obj.RescaleIntercept)
        error = numpy.abs(obj.pixel_array * slope + intercept - values[k].astype(numpy.float64)).max()
        expect(error <= slope / 2 * 1.0001, f"slice {k} is off by {error}")
        expect(slices.of(obj.SourceImageSequence[0]) == k, f"source of slice {k}")
        expect(list(obj.ImageType[:2]) == ["DERIVED", "SECONDARY"], "image type")
        if obj.SOPClassUID in (CT, MR):
            expect(numpy.allclose([float(v) for v in obj.ImagePositionPatient], slices.position(k), atol=1e-6),
                   f"position of slice {k}")
        expect(int(obj.InstanceNumber) == k + 1, "instance number")


def main():
    objects = [pydicom.dcmread(line) for line in open(sys.argv[1]).read().splitlines()]
    slices = Slices(sys.argv[2])
    values = numpy.fromfile(sys.argv[3], numpy.uint8)
    for line in open(sys.argv[1]).read().splitlines():
        check_identity("object", pydicom.dcmread(line), pydicom.dcmread(slices.images[0].filename))
    if objects[0].get("SegmentationType"):
        check_seg(objects[0], slices, values)
    elif objects[0].SOPClassUID == PARAMETRIC_MAP:
        check_map(objects[0], slices, values)
    elif objects[0].SOPClassUID == SECONDARY_CAPTURE and objects[0].SamplesPerPixel == 3:
        check_capture(objects[0], slices, values)
    else:
        check_derived(objects, slices, values)
    if "FrameOfReferenceUID" in objects[0] and "FrameOfReferenceUID" in slices.images[0]:
        expect(raw(objects[0], "FrameOfReferenceUID") == raw(slices.images[0], "FrameOfReferenceUID"),
               "frame of reference")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
