# SPDX-License-Identifier: Apache-2.0
# Calcium by a threshold that follows the tube voltage, written for tests: [n, 1, x, y, z] in HU and [n, 1] in kV to the
# channels background and calcium. 130 HU at 120 kV, 147 HU at 100 kV, straight between and beyond.


def forward(self, image: Tensor, header: Tensor) -> Tensor:
    threshold = (130.0 + (120.0 - header[:, 0]) * 0.85).reshape([-1, 1, 1, 1, 1])
    above = (image >= threshold).to(image.dtype)
    return torch.cat([1.0 - above, above], 1)
