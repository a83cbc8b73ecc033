# SPDX-License-Identifier: Apache-2.0
# A pulsating bright region, written for tests: [1, frames, x, y] from 0 to 1 and the frame time [1, 1] in seconds to beats
# per minute (the strongest frequency of its area) and the change of its area in percent of the largest.


def forward(self, frames: Tensor, header: Tensor) -> Tensor:
    area = torch.clamp((frames - 0.3) / 0.4, 0.0, 1.0).sum([2, 3])[0]
    wave = (area - area.mean()) * torch.hann_window(area.size(0))
    strength = torch.abs(torch.fft_rfft(wave, 16384))
    frequency = torch.argmax(strength).to(area.dtype) / 16384.0
    rate = 60.0 * frequency / header[0, 0]
    change = 100.0 * (area.max() - area.min()) / area.max()
    return torch.stack([rate, change]).unsqueeze(0)
