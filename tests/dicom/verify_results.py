# SPDX-License-Identifier: Apache-2.0
# verify_results.py SEG SR SOURCES LABELS: reads our objects with pydicom and compares them with what they were made of.
#   SOURCES: text file with one image file a line, in slice order.  LABELS: uint8 [slice,row,column], 0 = background.
# Prints each contradiction; exit 0 none, 1 some, 77 pydicom or numpy is missing.
import sys

try:
    import numpy
    import pydicom
except ImportError:
    sys.exit(77)

IDENTITY = ["PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID", "StudyDate",
            "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "SpecificCharacterSet"]
problems = []


def expect(condition, text):
    if not condition:
        problems.append(text)


def bits_of(seg):
    """Frames by the definition in PS3.5 8.1.1, independent of pydicom's own unpacking."""
    size = seg.Rows * seg.Columns
    bits = numpy.unpackbits(numpy.frombuffer(seg.PixelData, numpy.uint8), bitorder="little")
    expect(len(seg.PixelData) == (int(seg.NumberOfFrames) * size + 15) // 16 * 2, "length of pixel data")
    return bits[: int(seg.NumberOfFrames) * size].reshape(int(seg.NumberOfFrames), seg.Rows, seg.Columns)


def raw(dataset, keyword):
    """The bytes of an element as they are in the file."""
    tag = pydicom.datadict.tag_for_keyword(keyword)
    element = dataset.get_item(tag)
    return None if element is None else element.value


def check_identity(name, result, source):
    for keyword in IDENTITY:
        theirs, ours = raw(source, keyword) or b"", raw(result, keyword) or b""
        expect(theirs == ours, f"{name}: {keyword} {ours!r} differs from the source {theirs!r}")
    expect(result.SeriesInstanceUID != source.SeriesInstanceUID, f"{name}: series is not new")


def check_mask(seg, sources, labels):
    volume = numpy.zeros_like(labels)
    frames = bits_of(seg)
    expect(numpy.array_equal(frames, seg.pixel_array.reshape(frames.shape)), "pydicom unpacks other bits")
    slices = {str(s.SOPInstanceUID): k for k, s in enumerate(sources)}
    expect(len(seg.PerFrameFunctionalGroupsSequence) == len(frames), "frames and functional groups")
    seen = set()
    for bits, group in zip(frames, seg.PerFrameFunctionalGroupsSequence):
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        image = group.DerivationImageSequence[0].SourceImageSequence[0]
        k = slices[image.ReferencedSOPInstanceUID]
        expect(image.ReferencedSOPClassUID == sources[k].SOPClassUID, "class of the source image")
        expect(raw(group.PlanePositionSequence[0], "ImagePositionPatient") == raw(sources[k], "ImagePositionPatient"),
               f"position of slice {k}")
        expect(bits.any(), "empty frame")
        expect((number, k) not in seen, "frame twice")
        seen.add((number, k))
        volume[k][bits == 1] = number
    expect(numpy.array_equal(volume, labels), f"{numpy.count_nonzero(volume != labels)} voxels differ from the mask")
    indices = [list(g.FrameContentSequence[0].DimensionIndexValues) for g in seg.PerFrameFunctionalGroupsSequence]
    expect(indices == sorted(indices), "frames are not in the order of their dimension indices")
    for d in range(2):
        values = sorted({i[d] for i in indices})
        expect(values == list(range(1, len(values) + 1)), f"dimension {d} does not count from 1")


def check_geometry(seg, source):
    shared = seg.SharedFunctionalGroupsSequence[0]
    expect(shared.PixelMeasuresSequence[0].PixelSpacing == source.PixelSpacing, "pixel spacing")
    expect(shared.PlaneOrientationSequence[0].ImageOrientationPatient == source.ImageOrientationPatient, "orientation")
    expect((seg.Rows, seg.Columns) == (source.Rows, source.Columns), "rows and columns")
    if "FrameOfReferenceUID" in source:
        expect(seg.FrameOfReferenceUID == source.FrameOfReferenceUID, "frame of reference")


def references(item):
    for child in item.get("ContentSequence", []):
        for reference in child.get("ReferencedSOPSequence", []):
            yield child, reference
        yield from references(child)


def check_report(seg, sr, sources):
    evidence = {s.ReferencedSOPInstanceUID: (series.SeriesInstanceUID, s.ReferencedSOPClassUID)
                for study in sr.CurrentRequestedProcedureEvidenceSequence for series in study.ReferencedSeriesSequence
                for s in series.ReferencedSOPSequence}
    known = {s.SOPInstanceUID: (s.SeriesInstanceUID, s.SOPClassUID) for s in [*sources, seg]}
    expect(evidence == known, "evidence is not exactly the images and the SEG")
    segments = {s.SegmentNumber: s for s in seg.SegmentSequence}
    referenced = set()
    for _, reference in references(sr):
        expect(reference.ReferencedSOPInstanceUID in evidence, "reference outside the evidence")
        if "ReferencedSegmentNumber" in reference:
            expect(reference.ReferencedSOPInstanceUID == seg.SOPInstanceUID, "segment of another object")
            referenced.add(reference.ReferencedSegmentNumber)
    expect(referenced == set(segments), "segments and groups do not match")
    template = sr.ContentTemplateSequence[0]
    expect((template.MappingResource, template.TemplateIdentifier) == ("DCMR", "1500"), "template of the root")
    check_groups(sr, segments)


def check_groups(sr, segments):
    measurements = [c for c in sr.ContentSequence if c.ConceptNameCodeSequence[0].CodeValue == "126010"]
    expect(len(measurements) == 1, "one container of measurements")
    for group in measurements[0].ContentSequence:
        items = {c.ConceptNameCodeSequence[0].CodeValue: c for c in group.ContentSequence}
        for code in ("112039", "112040", "121071", "111001", "111003", "111000", "363698007"):
            expect(code in items, f"group lacks {code}")
        template = group.ContentTemplateSequence[0].TemplateIdentifier
        solid, flat = {"121191", "121231"} & set(items), "111030" in items  # a segment or a surface; a region
        expect(template == ("1411" if solid else "1410" if flat else "1501"), "template of a group")
        expect(len(solid) + flat < 2, "more than one region of a group")
        if "121191" in items:
            segment = segments[items["121191"].ReferencedSOPSequence[0].ReferencedSegmentNumber]
            expect(segment.TrackingUID == items["112040"].UID, "tracking UID of group and segment")
            site = items["363698007"].ConceptCodeSequence[0].CodeValue
            expect(segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == site, "site and segmented property")


def main():
    seg, sr = pydicom.dcmread(sys.argv[1]), pydicom.dcmread(sys.argv[2])
    sources = [pydicom.dcmread(line, stop_before_pixels=True) for line in open(sys.argv[3]).read().splitlines()]
    labels = numpy.fromfile(sys.argv[4], numpy.uint8).reshape(len(sources), seg.Rows, seg.Columns)
    check_identity("SEG", pydicom.dcmread(sys.argv[1]), pydicom.dcmread(open(sys.argv[3]).readline().strip()))
    check_identity("SR", pydicom.dcmread(sys.argv[2]), pydicom.dcmread(open(sys.argv[3]).readline().strip()))
    check_mask(seg, sources, labels)
    check_geometry(seg, sources[0])
    check_report(seg, sr, sources)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
