# SPDX-License-Identifier: Apache-2.0
# A detector of bright blobs, written for tests: [1, 1, x, y, z] in HU of 1 mm voxels to boxes (centre, size), scores.
# A blob's middle is where the image, averaged twice, has its maximum; its size is that of a ball with as many bright
# voxels.


def forward(self, image: Tensor) -> Tuple[Tensor, Tensor]:
    smooth = torch.avg_pool3d(torch.avg_pool3d(image, [5, 5, 5], [1, 1, 1], [2, 2, 2]), [5, 5, 5], [1, 1, 1], [2, 2, 2])
    highest = torch.max_pool3d(smooth, [5, 5, 5], [1, 1, 1], [2, 2, 2])
    lowest = -torch.max_pool3d(-smooth, [5, 5, 5], [1, 1, 1], [2, 2, 2])
    peaks = torch.nonzero(((smooth == highest) & (smooth > -700.0) & (smooth > lowest + 1.0))[0, 0])
    bright = (image > -375.0).to(image.dtype)
    count = torch.avg_pool3d(bright, [17, 17, 17], [1, 1, 1], [8, 8, 8])[0, 0] * 4913.0
    i, j, k = peaks[:, 0], peaks[:, 1], peaks[:, 2]
    size = 2.0 * torch.pow(count[i, j, k] * 0.238732, 1.0 / 3.0)
    boxes = torch.cat([peaks.to(image.dtype), torch.stack([size, size, size], 1)], 1)
    return boxes, torch.clamp((smooth[0, 0][i, j, k] + 850.0) / 950.0, 0.0, 1.0)
