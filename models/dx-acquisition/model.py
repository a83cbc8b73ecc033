# SPDX-License-Identifier: Apache-2.0
# How a radiograph was taken, in numbers, as TorchScript. The program compiles this text when it starts;
# nothing here was trained. model.json pins this file by its SHA-256: whoever changes a number below changes the hash,
# the version and thereby the identity of every result. dtype 6 is float32.
#
# forward: one radiograph -> four numbers
#   image    float [1, 1, columns, rows], grey values, white high (MONOCHROME1 already turned round)
#   returns  float [1, 4], percent
#     0  empty border: share of the image from its edges inward that is as dark or as bright as the image gets: behind
#        collimator or shutter, or beside the patient
#     1, 2  share of the field (the image without that border) at its lowest and at its highest grey value: what was
#        clipped by the detector or by processing
#     3  noise: its standard deviation, as part of the grey values that the field uses (1st to 99th percentile)
#   An image with hardly any field (below 2 %) has 0 in the last three.


def enlarge(self, blocks: Tensor, rows: int, columns: int) -> Tensor:
    # Blocks of 8 x 8 back to pixels.
    return blocks.repeat_interleave(8, 0).repeat_interleave(8, 1)[:rows, :columns]


def from_edges(self, flat: Tensor) -> Tensor:
    # Where nothing but `flat` lies between here and an edge of the image, straight up, down, left or right.
    kept = flat.to(6)
    left = kept.cumprod(1)
    right = kept.flip([1]).cumprod(1).flip([1])
    up = kept.cumprod(0)
    down = kept.flip([0]).cumprod(0).flip([0])
    return (left + right + up + down) > 0.5


def empty_border(self, grey: Tensor) -> Tensor:
    # [rows, columns], true in the border. Means of 8 x 8 pixels, so that noise does not count.
    blocks = torch.avg_pool2d(grey.unsqueeze(0), [8, 8], [8, 8], [0, 0], True, False).squeeze(0)
    ends = torch.quantile(blocks.flatten(), torch.tensor([0.01, 0.99], device=grey.device))
    slack = 0.02 * (ends[1] - ends[0])
    dark = self.from_edges(blocks <= ends[0] + slack)
    bright = self.from_edges(blocks >= ends[1] - slack)
    return torch.logical_or(dark, bright)


def noise(self, grey: Tensor, usable: Tensor) -> Tensor:
    # Second differences along both axes cancel what changes smoothly; of white noise with deviation s they have 6 s.
    # The mean of their amount is taken in 16 x 16 pixels, then the median of these means: edges are in the minority.
    across = grey[:, :-2] - 2.0 * grey[:, 1:-1] + grey[:, 2:]
    amount = (across[:-2] - 2.0 * across[1:-1] + across[2:]).abs() * (1.2533141 / 6.0)
    whole = -torch.max_pool2d(-usable.to(6).unsqueeze(0), [3, 3], [1, 1]).squeeze(0)
    share = torch.avg_pool2d(whole.unsqueeze(0), [16, 16]).squeeze(0)
    mean = torch.avg_pool2d((amount * whole).unsqueeze(0), [16, 16]).squeeze(0) / share.clamp(0.01)
    blocks = mean.masked_select(share > 0.75)
    if blocks.numel() == 0:
        return torch.zeros([], device=grey.device)
    return blocks.median()


def forward(self, image: Tensor) -> Tensor:
    grey = image[0, 0].t().contiguous()
    rows, columns = grey.size(0), grey.size(1)
    border = self.empty_border(grey)
    # Blocks beside the border may lie half in it.
    near = torch.max_pool2d(border.to(6).unsqueeze(0), [3, 3], [1, 1], [1, 1]).squeeze(0) > 0.5
    field = torch.logical_not(self.enlarge(near, rows, columns))
    border_pixels = self.enlarge(border.to(6), rows, columns).mean() * 100.0
    values = grey.masked_select(field)
    if values.numel() < 0.02 * grey.numel():
        nothing = torch.zeros([], device=grey.device)
        return torch.stack([border_pixels, nothing, nothing, nothing]).unsqueeze(0)
    lowest, highest = values.min(), values.max()
    low = (values == lowest).to(6).mean() * 100.0
    high = (values == highest).to(6).mean() * 100.0
    step = 1 + values.numel() // 1000000
    ends = torch.quantile(values[::step], torch.tensor([0.01, 0.99], device=grey.device))
    used = (ends[1] - ends[0]).clamp(1e-6)
    usable = torch.logical_and(field, torch.logical_and(grey > lowest, grey < highest))
    noise = (100.0 * self.noise(grey, usable) / used).clamp(0.0, 100.0)
    return torch.stack([border_pixels, low, high, noise]).unsqueeze(0)
