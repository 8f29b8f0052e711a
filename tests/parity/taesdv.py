"""TAESDV's decoder, written from its published description: TAESD's layout with memory blocks. diffusers has no class for it."""

import torch
from torch import nn


class MemoryBlock(nn.Module):
    """Residual block whose first convolution also sees the previous frame's input of this block (zeros before the first)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(2 * channels, channels, 3, padding=1), nn.ReLU(),
                                  nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(),
                                  nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x):  # [F, C, H, W], the frames of one clip
        past = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
        return torch.relu(self.conv(torch.cat([x, past], dim=1)) + x)


class Clamp(nn.Module):
    def forward(self, x):
        return torch.tanh(x / 3) * 3


class TaesdvDecoder(nn.Sequential):
    """Latents [F, 4, h, w] (scaled as the UNet's) to pixels [F, 3, 8h, 8w] in 0..1. Keys are those of the published file."""

    def __init__(self, channels: int = 64):
        layers = [Clamp(), nn.Conv2d(4, channels, 3, padding=1), nn.ReLU()]
        for _ in range(3):
            layers += [MemoryBlock(channels) for _ in range(3)]
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 3, padding=1, bias=False)]
        super().__init__(*layers, MemoryBlock(channels), nn.Conv2d(channels, 3, 3, padding=1))
