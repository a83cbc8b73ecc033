# SPDX-License-Identifier: Apache-2.0
# Size of an organ for its owner, written for tests: [1, 1, x, y, z] in HU of 1 mm voxels, and the header's [1, 4]: weight
# (kg), height (cm), (age - 40) / 10, sex (0 female, 1 male). To mL for each square metre of body surface (Mosteller), and
# percent of what is expected: 30 mL for women, 36 mL for men, 5 % less for every ten years above 40.


def forward(self, image: Tensor, header: Tensor) -> Tensor:
    volume = torch.clamp((image + 100.0) / 150.0, 0.0, 1.0).sum([1, 2, 3, 4]) / 1000.0
    surface = torch.sqrt(header[:, 0] * header[:, 1] / 3600.0)
    expected = (30.0 + 6.0 * header[:, 3]) * (1.0 - 0.05 * header[:, 2])
    return torch.stack([volume / surface, 100.0 * volume / expected], 1)
