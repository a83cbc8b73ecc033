# SPDX-License-Identifier: Apache-2.0
"""Our key pictures, read without our code."""
import zlib

import numpy as np


def read_png(data):
    """Rows, columns, channels of a PNG with 8 bits, one IDAT and no filters."""
    width, height = (int.from_bytes(data[at:at + 4], "big") for at in (16, 20))
    size = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(zlib.decompress(data[41:41 + size]), np.uint8).reshape(height, -1)
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, -1)
