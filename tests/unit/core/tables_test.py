#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of server/core agree with pydicom's dictionaries: no wrong tag, VR or name, nothing of the standard missing.

Usage: tables_test.py PRINT_TABLES
"""
import subprocess
import sys

try:
    from pydicom._uid_dict import UID_dictionary
    from pydicom.datadict import dictionary_VR, tag_for_keyword
except ImportError:
    print("SKIPPED: python3-pydicom is not installed")
    sys.exit(0)

NOT_STORED_BY_C_STORE = {"1.2.840.10008.1.3.10",   # Media Storage Directory: files only
                         "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.2"}  # Storage Commitment
problems = []
found = {"attribute": {}, "storage": {}, "syntax": {}}
for line in subprocess.run(sys.argv[1:2], capture_output=True, text=True, check=True).stdout.splitlines():
    kind, key, *rest = line.split("\t")
    if key in found[kind]:
        problems.append(f"{kind} {key} stands there twice")
    found[kind][key] = rest

for tag, (keyword, vr) in found["attribute"].items():
    if tag_for_keyword(keyword) != int(tag, 16):
        problems.append(f"{keyword} does not have the tag {tag}")
    elif vr not in dictionary_VR(int(tag, 16)).split(" or "):
        problems.append(f"{keyword} has VR {dictionary_VR(int(tag, 16))}, not {vr}")


def plain(text):
    for word in (" SOP Class", " (Retired)"):
        text = text.replace(word, "")
    return text


for uid, (name, kind, _, _, _) in UID_dictionary.items():
    table = None
    if kind == "Transfer Syntax":
        table = found["syntax"]
    elif kind == "SOP Class" and "Storage" in name and uid not in NOT_STORED_BY_C_STORE:
        table = found["storage"]
    if table is not None and uid not in table:
        problems.append(f"{uid} is missing: {name}")
    elif table is not None and plain(table[uid][0]) != plain(name):
        problems.append(f"{uid} is called {name}, not {table[uid][0]}")

for problem in problems:
    print(problem)
print(", ".join(f"{len(table)} of {kind}" for kind, table in found.items()))
sys.exit(1 if problems or len(found["attribute"]) < 120 else 0)
