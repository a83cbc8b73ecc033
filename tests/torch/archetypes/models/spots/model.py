# SPDX-License-Identifier: Apache-2.0
# A detector of bright spots, written for tests: [1, 1, rows, columns] to points (column, row), scores and labels (1: a
# spot, 2: a line, which is bright along one direction only).


def forward(self, image: Tensor) -> Dict[str, Tensor]:
    smooth = torch.avg_pool2d(torch.avg_pool2d(image, [5, 5], [1, 1], [2, 2]), [5, 5], [1, 1], [2, 2])
    highest = torch.max_pool2d(smooth, [9, 9], [1, 1], [4, 4])
    lowest = -torch.max_pool2d(-smooth, [9, 9], [1, 1], [4, 4])
    peaks = torch.nonzero(((smooth == highest) & (smooth > 0.4) & (smooth > lowest + 0.01))[0, 0])
    along = torch.avg_pool2d(image, [1, 41], [1, 1], [0, 20], False, False)[0, 0][peaks[:, 0], peaks[:, 1]]
    across = torch.avg_pool2d(image, [41, 1], [1, 1], [20, 0], False, False)[0, 0][peaks[:, 0], peaks[:, 1]]
    labels = torch.where(torch.maximum(along, across) > 0.75, 2, 1)
    points = torch.stack([peaks[:, 1], peaks[:, 0]], 1).to(image.dtype) + 0.5
    return {"points": points, "scores": smooth[0, 0][peaks[:, 0], peaks[:, 1]], "labels": labels}
