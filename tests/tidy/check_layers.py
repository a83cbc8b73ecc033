#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the shape of the source tree: which folder may include which (server/ARCHITECTURE.md, "Rooms and layers"),
that heavy third-party headers stay where they belong, licence lines, sizes, and that every source file is built.

    check_layers.py [ROOT]      prints one line a mistake, `file:line: what`; exit 1 with any
    check_layers.py --self-test shows that each rule bites
"""
import pathlib
import re
import sys
import tempfile

# A folder may include itself and what stands here.
BELOW_FLOW = ["server/base", "server/core", "server/config", "server/store", "server/worklist", "server/telemetry"]
EDGE = BELOW_FLOW + ["server/flow"]
ALLOWED = {
    "server/base": [],
    "server/core": ["server/base"],
    "server/config": ["server/base", "server/core"],
    "server/store": ["server/base", "server/core"],
    "server/worklist": ["server/base", "server/core"],
    "server/simulation": ["server/base", "server/core", "server/worklist"],
    "server/evidence": ["server/base", "server/core"],
    "server/telemetry": ["server/base", "server/core"],
    "server/ul": ["server/base", "server/core"],
    "server/flow": BELOW_FLOW,
    "server/dicom": EDGE + ["server/ul"],
    "server/net": EDGE + ["server/ul"],
    "server/web": EDGE,
    "server/workers": EDGE,
    "server/app": EDGE + ["server/dicom", "server/evidence", "server/net", "server/simulation", "server/web", "server/workers"],
    "server": ["server/app", "server/base"],
    "pipelines/findings": ["server/base"],
    "pipelines/imaging": ["server/base", "pipelines/findings"],
    "pipelines/recipe": ["server/base", "pipelines/findings"],
    "pipelines/tensor": ["server/base", "pipelines/recipe"],
    "pipelines/engine": ["server/base", "pipelines/findings", "pipelines/recipe", "pipelines/tensor"],
    "pipelines/results": ["server/base", "pipelines/findings"],
    "pipelines/worker": ["server/base", "pipelines/findings", "pipelines/imaging", "pipelines/recipe",
                         "pipelines/engine", "pipelines/results"],
}

# Third-party headers: the folders whose sources may include them; `headers` says whose headers may too.
THIRD_PARTY = [
    (r"dcmtk/", ["server/dicom", "pipelines/imaging", "pipelines/results"], []),
    (r"(torch|ATen|c10)/", ["pipelines/engine", "pipelines/tensor"], ["pipelines/tensor"]),
    (r"boost/", ["server/net"], ["server/net"]),
    (r"curl/", ["server/net"], []),
    (r"nlohmann/json\.hpp", None, []),
    (r"catch2/", [], []),
    (r"sqlite3\.h", ["server/store"], ["server/store"]),
    (r"openssl/", ["server/base", "server/net"], []),
    (r"prometheus/", ["server/telemetry"], []),
]

FILE_LINES_MAX, HEADER_LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 400, 150, 60, 120
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SPDX = "SPDX-License-Identifier: Apache-2.0"
LICENSED = {".h", ".cpp", ".py", ".cmake", ".js", ".css", ".sh"}
CODE_ROOTS = ("server", "pipelines", "tests", "script", "docker")


def folder_of(path):
    parts = path.parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def include_mistakes(path, text):
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        if kind == '"' and name.startswith(("server/", "pipelines/")):
            target = folder_of(pathlib.PurePosixPath(name))
            if target != folder and target not in ALLOWED.get(folder, []):
                yield number, f"{folder} must not include {name}"
            continue
        for pattern, owners, header_owners in THIRD_PARTY:
            if not re.match(pattern, name):
                continue
            if owners is not None and folder not in owners:
                yield number, f"<{name}> belongs to {', '.join(owners) or 'tests'} only"
            elif path.suffix == ".h" and folder not in header_owners:
                yield number, f"<{name}> does not belong in a header"


def function_mistakes(text):
    """Bodies of more than FUNCTION_LINES_MAX lines: a line that opens a function at namespace level or in a class."""
    depth, start, opened_at = 0, None, None
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'|//.*', "", line)
        if start is None and re.search(r"\)[^;{}=]*\{\s*$", code) and not re.match(r"\s*(if|for|while|switch|else)\b", code):
            start, opened_at = number, depth
        depth += code.count("{") - code.count("}")
        if start is not None and depth <= opened_at:
            if number - start > FUNCTION_LINES_MAX:
                yield start, f"function of {number - start} lines, at most {FUNCTION_LINES_MAX}"
            start = None


def size_mistakes(path, text):
    lines = text.splitlines()
    limit = HEADER_LINES_MAX if path.suffix == ".h" else FILE_LINES_MAX
    if len(lines) > limit:
        yield len(lines), f"{len(lines)} lines, at most {limit}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and "http" not in line:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"


def dead_files(root, sources):
    cmake = {}
    for source in sources:
        folder = root / source.parent
        while folder not in cmake and not (folder / "CMakeLists.txt").exists() and folder != root:
            folder = folder.parent
        listing = folder / "CMakeLists.txt"
        if folder not in cmake:
            cmake[folder] = listing.read_text() if listing.exists() else ""
        if source.name not in cmake[folder]:
            yield source, f"is in no CMakeLists.txt"


def check(root):
    mistakes = []
    sources = []
    for top in CODE_ROOTS:
        for file in sorted((root / top).rglob("*")):
            path = pathlib.PurePosixPath(file.relative_to(root).as_posix())
            if not file.is_file() or file.suffix not in LICENSED or "node_modules" in path.parts:
                continue
            text = file.read_text(encoding="utf-8")
            if SPDX not in text[:400]:
                mistakes.append(f"{path}:1: no line `{SPDX}`")
            if file.suffix not in (".h", ".cpp"):
                continue
            sources += [path] if file.suffix == ".cpp" else []
            found = list(size_mistakes(path, text))
            if path.parts[0] != "tests":
                found += include_mistakes(path, text)
                found += function_mistakes(text)
            mistakes += [f"{path}:{number}: {what}" for number, what in found]
    mistakes += [f"{path}:1: {what}" for path, what in dead_files(root, sources)]
    return mistakes


BAD_TREE = {
    "server/core/a.cpp": ('#include "server/store/ledger.h"\n', "must not include"),
    "server/flow/a.h": ("#include <boost/asio.hpp>\n", "belongs to"),
    "server/dicom/a.h": ("#include <dcmtk/dcmdata/dctk.h>\n", "does not belong in a header"),
    "server/config/a.h": ("#include <nlohmann/json.hpp>\n", "does not belong in a header"),
    "pipelines/results/a.cpp": ("#include <torch/script.h>\n", "belongs to"),
    "server/base/a.cpp": ("int f() {\n" + "  g();\n" * 61 + "}\n", "function of"),
    "server/base/b.cpp": ("\n" * 401, "at most 400"),
    "server/base/c.cpp": ("// " + "x" * 120 + "\n", "columns"),
    "server/base/dead.cpp": ("int x;\n", "is in no CMakeLists.txt"),
}


def self_test():
    failures = []
    for name, (text, expected) in BAD_TREE.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            file = root / name
            file.parent.mkdir(parents=True)
            file.write_text(f"// {SPDX}\n{text}")
            listed = "" if "dead" in name else file.name
            (file.parent / "CMakeLists.txt").write_text(listed)
            if not any(expected in mistake for mistake in check(root)):
                failures.append(f"{name}: the rule `{expected}` did not bite")
    return failures


def main():
    if "--self-test" in sys.argv:
        mistakes = self_test()
    else:
        mistakes = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(mistakes) if mistakes else "no mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
