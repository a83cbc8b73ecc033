#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The header scan reads from real files what pydicom reads: every attribute of the table, in every character set; and
HL7 messages name the patient so, in each script.

Usage: shared_data_test.py PRINT_HEADER PRINT_TABLES DICOM_FOLDER
"""
import json
import pathlib
import subprocess
import sys
import warnings

try:
    import pydicom
    from pydicom.multival import MultiValue
except ImportError:
    print("SKIPPED: python3-pydicom is not installed")
    sys.exit(0)

print_header, print_tables, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
if not folder.is_dir():
    print(f"SKIPPED: {folder} is not there")
    sys.exit(0)
warnings.simplefilter("ignore")
pydicom.config.convert_wrong_length_to_UN = True
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
NUMBERS = {"US", "UL", "SS", "SL", "FL", "FD", "UV", "SV"}
# Damaged on purpose in the header: what must be said of them.
REFUSED = {
    "broken/no_meta.dcm": "DICM", "broken/rtplan_truncated.dcm": "reaches beyond",
    "broken-synthetic/plain-text.dcm": "DICM", "broken-synthetic/zero-bytes.dcm": "DICM",
    "broken-synthetic/preamble-only.dcm": "no data set", "broken-synthetic/truncated-in-header.dcm": "reaches beyond",
    "broken-synthetic/series-uid-missing.dcm": "SeriesInstanceUID is missing",
    "ct-misc/bad_sequence.dcm": "SOPInstanceUID is not a valid UID",  # hexadecimal digits
    "ct-misc/gdcm-CT-MONO2-8-abdo.dcm": "SeriesInstanceUID is not a valid UID",  # letters
    "broken-synthetic/study-uid-path-traversal.dcm": "StudyInstanceUID is not a valid UID",
}
# pydicom 2.3 does not know ISO 2022 IR 58 without a first value.
KNOWN_BETTER = {("charset/chrGB2312.dcm", "PatientName"): "Zhang^XiaoDong=张^小东"}
MAY_LACK_UIDS = {"broken", "charset", "non-image-and-other"}  # made by others to show something else
problems = []
keywords = [line.split("\t")[2] for line in
            subprocess.run([print_tables], capture_output=True, text=True, check=True).stdout.splitlines()
            if line.startswith("attribute")]
files = sorted(path for path in folder.rglob("*") if path.is_file())
output = subprocess.run([print_header, *map(str, files)], capture_output=True, text=True, check=True).stdout
compared = 0


def expected(dataset, keyword):
    element = dataset[keyword]
    values = element.value if isinstance(element.value, (MultiValue, list)) else [element.value]
    if element.value is None:
        return ""
    if element.VR in NUMBERS:
        return [float(value) for value in values if value != ""]
    if element.VR == "PN":
        return "\\".join(str(value) if value else "" for value in values)
    return "\\".join(str(getattr(value, "original_string", value)).strip(" \0") for value in values)


def with_groups(dataset, keyword):
    """The data set that has the attribute: itself, or the first functional group of an enhanced image that does."""
    if keyword in dataset:
        return dataset
    for groups in (dataset.get("SharedFunctionalGroupsSequence"), dataset.get("PerFrameFunctionalGroupsSequence")):
        for element in groups[0] if groups else ():
            if element.VR == "SQ" and element.value and keyword in element.value[0]:
                return element.value[0]
    return dataset


def same(found, wanted):
    if isinstance(wanted, list):
        return [float(value) for value in found.split("\\") if value] == wanted
    return found == wanted


def hl7_groups(name):
    """PID-5 as a DICOM name: the groups of Name Representation Code A, I and P; suffix and prefix change places."""
    groups = {"A": "", "I": "", "P": ""}
    for repetition in name.split("~"):
        parts = repetition.split("^") + [""] * 8
        family, given, middle, suffix, prefix = parts[:5]
        groups[parts[7] or "A"] = "^".join((family, given, middle, prefix, suffix)).rstrip("^")
    for escape, character in (("F", "|"), ("S", "^"), ("R", "~"), ("T", "&"), ("E", "\\")):
        groups = {code: text.replace(f"\\{escape}\\", character) for code, text in groups.items()}
    return "=".join(groups.values()).rstrip("=")


named = set()  # character sets of names that HL7 told as pydicom reads them
for path, line in zip(files, output.splitlines()):
    name = path.relative_to(folder).as_posix()
    scan = json.loads(line)
    if name in REFUSED:
        if REFUSED[name] not in scan["refused"]:
            problems.append(f"{name}: expected '{REFUSED[name]}', got '{scan['refused']}'")
        continue
    if scan["refused"] and not ("UID" in scan["refused"] and name.split("/")[0] in MAY_LACK_UIDS):
        problems.append(f"{name}: refused: {scan['refused']}")
    if scan["error"]:
        continue
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    whole = dataset
    for keyword in keywords:
        dataset = with_groups(whole, keyword) if keyword in scan["attributes"] else whole
        if keyword in dataset and pydicom.dataset.Dataset.get_item(dataset, keyword) is not None:
            compared += 1
            wanted = KNOWN_BETTER.get((name, keyword)) or expected(dataset, keyword)
            found = scan["attributes"].get(keyword)
            if found is not None and dataset[keyword].VR == "PN":
                found = found.rstrip("=")  # pydicom drops empty groups
            if found is None or not same(found, wanted):
                problems.append(f"{name}: {keyword} is {wanted!r}, scanned {found!r}")
            elif keyword == "PatientName" and isinstance(wanted, str) and not any(c in wanted for c in "\\\ufffd\r\n\x1b"):
                groups = "=".join(group.rstrip("^ ") for group in wanted.split("=")[:3]).rstrip("=")
                if hl7_groups(scan["hl7_name"]) != groups:
                    problems.append(f"{name}: HL7 names {scan['hl7_name']!r}, pydicom reads {wanted!r}")
                named.add(str(whole.get("SpecificCharacterSet")))
        elif keyword in scan["attributes"]:
            problems.append(f"{name}: {keyword} is not there for pydicom, scanned {scan['attributes'][keyword]!r}")

for problem in problems:
    print(problem)
print(f"{len(files)} files, {compared} values compared, names in {len(named)} character sets through HL7")
sys.exit(1 if problems or compared < 1000 or len(named) < 8 else 0)
