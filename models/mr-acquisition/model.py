# SPDX-License-Identifier: Apache-2.0
# How an MR series was taken, in numbers, as TorchScript. The program compiles this text when it starts;
# nothing here was trained. model.json pins this file by its SHA-256: whoever changes a number below changes the hash,
# the version and thereby the identity of every result. dtype 6 is float32.
#
# forward: a series of magnitude images -> five numbers
#   image    float [1, 1, columns, rows, slices], signal
#   returns  float [1, 5]
#     0  foreground: share of the voxels with signal above air, percent
#     1  noise: standard deviation, in units of the signal
#     2  signal to noise: mean signal of the foreground, by the noise; 1000 at most
#     3  non-uniformity: of the mean signals of the four quadrants of the foreground, (highest - lowest) by
#        (highest + lowest), percent
#     4  share of the foreground at the highest value of the series, percent: what was clipped
#   A series without any foreground has 0 everywhere.


def smooth(self, slices: Tensor) -> Tensor:
    # Mean of 3 x 3 pixels; at the edges of those that exist.
    return torch.avg_pool2d(slices, [3, 3], [1, 1], [1, 1], False, False)


def air_limit(self, volume: Tensor) -> Tensor:
    # Otsu's threshold between air and tissue on the square root of the signal: fat, which is bright, must not push it
    # up into other tissue.
    every = 1 + volume.size(0) // 32
    some = self.smooth(volume[::every])
    signal = some.flatten()[:: 1 + some.numel() // 4000000].clamp(0.0).sqrt()
    top = signal.max()
    counts = torch.histc(signal, 256, 0.0, float(top) + 1e-6)
    share = counts / counts.sum()
    level = torch.arange(256, device=volume.device).to(6) + 0.5
    below = share.cumsum(0)
    weighed = (share * level).cumsum(0)
    mean = weighed[255]
    between = (mean * below - weighed).square() / (below * (1.0 - below)).clamp(1e-9)
    limit = (between.argmax().to(6) + 1.0) / 256.0 * top
    return limit * limit


def widen(self, mask: Tensor) -> Tensor:
    # By 8 pixels within the slice.
    tall = torch.max_pool2d(mask.unsqueeze(0), [17, 1], [1, 1], [8, 0])
    return torch.max_pool2d(tall, [1, 17], [1, 1], [0, 8]).squeeze(0)


def block_means(self, values: Tensor, mask: Tensor) -> Tensor:
    # Means over the 8 x 8 pixels of each block that lies in the mask altogether.
    whole = torch.avg_pool2d(mask.unsqueeze(0), [8, 8]).squeeze(0) > 0.999
    return torch.avg_pool2d(values.unsqueeze(0), [8, 8]).squeeze(0).masked_select(whole)


def spread(self, values: Tensor, mask: Tensor) -> Tensor:
    # Standard deviations over the same blocks.
    mean = torch.avg_pool2d(values.unsqueeze(0), [8, 8]).repeat_interleave(8, 1).repeat_interleave(8, 2).squeeze(0)
    apart = values[: mean.size(0), : mean.size(1)] - mean
    return (self.block_means(apart.square(), mask[: mean.size(0), : mean.size(1)]) * (64.0 / 63.0)).sqrt()


def detail(self, signal: Tensor) -> Tensor:
    # Amount of the second differences along both axes, padded to the size of the slice, so scaled that white noise with
    # deviation s has the mean s.
    across = signal[:, :-2] - 2.0 * signal[:, 1:-1] + signal[:, 2:]
    both = (across[:-2] - 2.0 * across[1:-1] + across[2:]).abs() * (1.2533141 / 6.0)
    return torch.constant_pad_nd(both, [1, 1, 1, 1], 0.0)


def noise(self, air: Tensor, tissue: Tensor, everywhere: Tensor) -> Tensor:
    # Magnitude of nothing but noise has Rayleigh's distribution, with the deviation 0.6551 s; of many coils' sum of
    # squares it is 0.7071 s at most, while their mean grows without limit. Ghosts and flow lie in few blocks: median.
    # Where the scanner has blanked the air or there is too little of it, what differs between neighbours in tissue; and
    # where no block is tissue altogether (the series is nothing but noise), everywhere.
    if air.numel() >= 50:
        deviation = air.median()
        if float(deviation) > 0.0:
            return deviation / 0.6551364
    if tissue.numel() >= 50:
        return tissue.median()
    return everywhere.median()


def nonuniformity(self, counts: Tensor, sums: Tensor) -> Tensor:
    # Quadrants about the centre of gravity of the foreground; counts and sums are [rows, columns], over all slices.
    total = counts.sum()
    of_rows, of_columns = counts.sum(1).cumsum(0), counts.sum(0).cumsum(0)
    row = int((of_rows < 0.5 * total).sum())
    column = int((of_columns < 0.5 * total).sum())
    lowest, highest = 1e30, 0.0
    for part in range(4):
        here = counts[:row] if part < 2 else counts[row:]
        signal = sums[:row] if part < 2 else sums[row:]
        here = here[:, :column] if part % 2 == 0 else here[:, column:]
        signal = signal[:, :column] if part % 2 == 0 else signal[:, column:]
        count = float(here.sum())
        if count > 0.02 * float(total):
            mean = float(signal.sum()) / count
            lowest = min(lowest, mean)
            highest = max(highest, mean)
    share = 0.0
    if highest > 0.0:
        share = 100.0 * (highest - lowest) / (highest + lowest)
    return torch.full([], share, device=counts.device)


def forward(self, image: Tensor) -> Tensor:
    volume = image[0, 0].permute([2, 1, 0]).contiguous()  # slices, rows, columns
    limit = self.air_limit(volume)
    highest = volume.max()
    counts = torch.zeros_like(volume[0])
    sums = torch.zeros_like(volume[0])
    clipped = torch.zeros([], device=volume.device)
    air = [torch.zeros([0], device=volume.device)]
    tissue = [torch.zeros([0], device=volume.device)]
    everywhere = [torch.zeros([0], device=volume.device)]
    for k in range(volume.size(0)):
        signal = volume[k]
        inside = (self.smooth(signal.unsqueeze(0)).squeeze(0) > limit).to(6)
        counts += inside
        sums += inside * signal
        clipped += (inside * (signal == highest)).sum()
        air.append(self.spread(signal, 1.0 - self.widen(inside)))
        detail = self.detail(signal)
        tissue.append(self.block_means(detail, inside))
        everywhere.append(self.block_means(detail, torch.ones_like(inside)))
    voxels = counts.sum()
    if float(voxels) == 0.0:
        return torch.zeros([1, 5], device=volume.device)
    mean = sums.sum() / voxels
    noise = self.noise(torch.cat(air), torch.cat(tissue), torch.cat(everywhere))
    return torch.stack([
        100.0 * voxels / volume.numel(),
        noise,
        mean / torch.maximum(noise, 0.001 * mean),
        self.nonuniformity(counts, sums),
        100.0 * clipped / voxels,
    ]).unsqueeze(0)
