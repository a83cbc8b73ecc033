# SPDX-License-Identifier: Apache-2.0
# Dense share of a breast, written for tests: [n, 1, x, y] from 0 to 1 to [n, 1] percent of what is not background.


def forward(self, image: Tensor) -> Tensor:
    breast = torch.clamp((image - 0.1) / 0.2, 0.0, 1.0).sum([1, 2, 3])
    dense = torch.clamp((image - 0.4) / 0.3, 0.0, 1.0).sum([1, 2, 3])
    return (100.0 * dense / breast).unsqueeze(1)
