#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C-STORE rate of the node (each object durable before it is acknowledged) against DCMTK's storescp (which syncs
nothing), with the same unmodified storescu, in interleaved rounds. Quote the ratio.

    receive_rate.py [--images N] [--rounds N] [--associations N…]
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402


def push(port, called, folders):
    """Seconds until every sender is done; one association a folder."""
    begin = time.monotonic()
    senders = [subprocess.Popen(["storescu", "-R", "-aec", called, "127.0.0.1", str(port),
                                 *sorted(map(str, folder.iterdir()))], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) for folder in folders]
    if any(sender.wait() for sender in senders):
        raise SystemExit("a sender failed")
    return time.monotonic() - begin


def stock_storescp(folder, port):
    folder.mkdir()
    process = subprocess.Popen(["storescp", "--fork", "-aet", "ARCHIVE", "-od", str(folder), str(port)],
                               env={**os.environ, "LD_PRELOAD": str(support.loopback_shim(folder.parent))})
    support.wait_for("storescp", lambda: support.listening(port), 10)
    return process


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--associations", type=int, nargs="+", default=[1, 4])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as name:
        folder = pathlib.Path(name)
        phantom = support.make_phantom(folder / "phantom", "--size", 512, "--slices", options.images,
                                       "--slice-distance", 300 / options.images)
        node = support.Node(folder / "node", workers={"count": 0}).start()
        port = support.free_port()
        peer = stock_storescp(folder / "archive", port)
        try:
            number = 0
            for associations in options.associations:
                rates = {"inferad": [], "storescp": []}
                for _ in range(options.rounds):
                    folders = []
                    for _ in range(associations):  # new UIDs each time: a duplicate is no measure
                        number += 1
                        folders.append(folder / f"study{number}")
                        support.copy_study(phantom / "dicom", folders[-1], number)
                    megabytes = sum(file.stat().st_size for each in folders for file in each.iterdir()) / 1e6
                    for who, where, called in (("storescp", port, "ARCHIVE"), ("inferad", node.dicom, "INFERAD")):
                        rates[who].append(megabytes / push(where, called, folders))
                    for each in folders:
                        shutil.rmtree(each)
                medians = {who: statistics.median(values) for who, values in rates.items()}
                print(f"{associations} association(s), {options.images} images of 512 x 512 each, "
                      f"median of {options.rounds} rounds:")
                for who, values in rates.items():
                    print(f"  {who:<10} {medians[who]:7.1f} MB/s  ({min(values):.1f} to {max(values):.1f})")
                print(f"  ratio      {medians['inferad'] / medians['storescp']:7.1f}")
        finally:
            support.end(peer)
            node.stop()


if __name__ == "__main__":
    main()
