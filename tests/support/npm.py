# SPDX-License-Identifier: Apache-2.0
"""Packages of npm for tests, pinned, installed once into the build folder."""
import subprocess

import node as support

PUPPETEER = "puppeteer-core@23.11.1"


def modules(name, package):
    """The node_modules folder that has the package, in the folder `name` of the build, or at an absolute path; None without
    npm or network."""
    folder = support.INFERAD.parents[1] / name
    if not (folder / "node_modules" / package.rpartition("@")[0]).exists():
        if support.missing_tools("node", "npm"):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        if subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--silent", package], cwd=folder,
                          stdin=subprocess.DEVNULL).returncode:
            return None
    return folder / "node_modules"
