# SPDX-License-Identifier: Apache-2.0
# verify_cad.py REPORT EXPECTED: reads a Mammography CAD SR with pydicom, follows its references by reference, and
# compares where its findings lie.
#   EXPECTED: a line for each Single Image Finding: "L CC 5.25,7.5 3,6,…": side, view, centre, outline or "-".
# Prints each contradiction; exit 0 none, 1 some, 77 pydicom is missing.
import sys

try:
    import pydicom
except ImportError:
    sys.exit(77)

SIDES = {"80248007": "L", "73056007": "R"}
VIEWS = {"399162004": "CC", "399368009": "MLO"}


def name(item):
    return item.ConceptNameCodeSequence[0].CodeValue if "ConceptNameCodeSequence" in item else ""


def children(item, code):
    return [each for each in item.get("ContentSequence", []) if name(each) == code]


def target(root, reference):
    item = root
    for place in list(reference.ReferencedContentItemIdentifier)[1:]:
        item = item.ContentSequence[place - 1]
    return item


def findings(item):
    for each in item.get("ContentSequence", []):
        if name(each) == "111059":
            yield each
        yield from findings(each)


def numbers(values):
    return ",".join(f"{value:g}" for value in values)


report = pydicom.dcmread(sys.argv[1])
assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.50"
library = {id(image) for image in children(report, "111028")[0].ContentSequence}
found = []
for finding in findings(report):
    centre = children(finding, "111010")[0]
    image = target(report, centre.ContentSequence[0])
    assert id(image) in library and image.ValueType == "IMAGE", "the centre lies on an image of the library"
    outlines = children(finding, "111041")
    for outline in outlines:
        assert target(report, outline.ContentSequence[0]) is image, "the outline lies on the same image"
    side = SIDES[children(image, "111027")[0].ConceptCodeSequence[0].CodeValue]
    view = VIEWS[children(image, "111031")[0].ConceptCodeSequence[0].CodeValue]
    outline = numbers(outlines[0].GraphicData) if outlines else "-"
    found.append(f"{side} {view} {numbers(centre.GraphicData)} {outline}")
expected = open(sys.argv[2]).read().splitlines()
if found != expected:
    print("\n".join(found))
    sys.exit(1)
