# SPDX-License-Identifier: Apache-2.0
# Dense share of both breasts from four views, written for tests: four tensors [1, 1, x, y] from 0 to 1, of any size, to
# percent on the left, on the right, in the CC views and in the MLO views.


def share(self, image: Tensor) -> Tensor:
    breast = torch.clamp((image - 0.1) / 0.2, 0.0, 1.0).sum([1, 2, 3])
    return 100.0 * torch.clamp((image - 0.4) / 0.3, 0.0, 1.0).sum([1, 2, 3]) / breast


def forward(self, left_cc: Tensor, left_mlo: Tensor, right_cc: Tensor, right_mlo: Tensor) -> Tensor:
    lc, lm, rc, rm = self.share(left_cc), self.share(left_mlo), self.share(right_cc), self.share(right_mlo)
    return torch.stack([(lc + lm) / 2.0, (rc + rm) / 2.0, (lc + rc) / 2.0, (lm + rm) / 2.0], 1)
