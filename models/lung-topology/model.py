# SPDX-License-Identifier: Apache-2.0
# The voxel-wise half of the lung model, as TorchScript. The program compiles this text when it starts; nothing here was
# trained. The other half, topology, is pipelines/engine/lungs.cpp. model.json pins this file by its SHA-256: whoever
# changes a limit below changes the hash, the version and thereby the identity of every result.
#
# forward: attenuation of axial slices -> class of each voxel
#   hu       float [slices, rows, columns], Hounsfield units
#   returns  uint8 [slices, rows, columns]
#     0    tissue: bone, fluid, vessels, consolidation
#     1    below -210 HU: edge of lung that is itself dense (half-way between -450 and soft tissue, +40)
#     2    below -410 HU: lung (half-way between -860 and soft tissue), and dense
#     3    below -600 HU: lung
#     4..6 below -925, -950, -970 HU: air of the airways and the bowel, or emphysema
#     255  outside of the field of view


def limits(self) -> List[float]:
    return [-210.0, -410.0, -600.0, -925.0, -950.0, -970.0]


def smooth(self, hu: Tensor) -> Tensor:
    # Mean of 3 x 3 pixels. Noise of a chest CT (20 to 60 HU) must not make holes in lungs or tear airway walls.
    wide = torch.replication_pad2d(hu.unsqueeze(1), [1, 1, 1, 1]).squeeze(1)
    rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9.0


def forward(self, hu: Tensor) -> Tensor:
    outside = hu < -1500.0
    mean = self.smooth(hu.clamp(-1024.0, 300.0))
    classes = torch.zeros(hu.size(), dtype=0, device=hu.device)  # dtype 0 is uint8
    for limit in self.limits():
        classes += mean < limit
    return classes.masked_fill_(outside, 255)
