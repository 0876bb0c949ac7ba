"""The redshift network: a vision transformer and an Inception network see the image, a perceptron sees the magnitudes.

The layout follows AstroMAE (Fathkouhi and Fox, arXiv:2407.14631) at a fortieth of its size.
"""

import torch
from torch import nn
from torch.nn import functional

BANDS = 5
STAMP_PIXELS = 32


class ConvUnit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in, channels_out, kernel):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, x):
        return functional.relu(self.norm(self.conv(x)))


class Inception(nn.Module):
    """Convolutions of several sizes side by side, each with `width` channels out (Szegedy et al. 2015)."""

    def __init__(self, channels_in, width, with_five=True):
        super().__init__()
        self.pointwise = ConvUnit(channels_in, width, 1)
        self.three = nn.Sequential(ConvUnit(channels_in, width, 1), ConvUnit(width, width, 3))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvUnit(channels_in, width, 1))
        self.five = nn.Sequential(ConvUnit(channels_in, width, 1), ConvUnit(width, width, 5)) if with_five else None

    def forward(self, x):
        parts = [self.pointwise(x), self.three(x)]
        if self.five is not None:
            parts.append(self.five(x))
        return torch.cat([*parts, self.pooled(x)], 1)


class Attention(nn.Module):
    """Multi-head self-attention over (N, tokens, dim)."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        samples, tokens, dim = x.shape
        head_dim = dim // self.heads
        q, k, v = self.qkv(x).reshape(samples, tokens, 3, self.heads, head_dim).permute(2, 0, 3, 1, 4).unbind(0)
        weights = ((q * head_dim**-0.5) @ k.transpose(-2, -1)).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(samples, tokens, dim))


class TransformerBlock(nn.Module):
    """Attention and a perceptron, both normalised before and added to what came in."""

    def __init__(self, dim, heads):
        super().__init__()
        self.attention_norm = nn.LayerNorm(dim, eps=1e-6)
        self.attention = Attention(dim, heads)
        self.mlp_norm = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class RedshiftNet(nn.Module):
    """image (N, 5, 32, 32) in nanomaggies a pixel and magnitude (N, 5), both ugriz, to redshift (N, 1)."""

    def __init__(self, dim=64, depth=4, heads=4, patch=4, branch_width=128):
        super().__init__()
        # Twice the sky noise of each band: where the scale of the pixels turns from linear to logarithmic.
        self.register_buffer('softening', torch.tensor([0.11, 0.045, 0.066, 0.106, 0.40]).view(1, BANDS, 1, 1))
        self.register_buffer('magnitude_mean', torch.tensor([19.77, 18.2, 17.13, 16.7, 16.38]))
        self.register_buffer('magnitude_deviation', torch.tensor([1.5, 1.6, 1.4, 1.4, 1.4]))

        tokens = (STAMP_PIXELS // patch) ** 2
        self.patches = nn.Conv2d(BANDS, dim, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.position = nn.Parameter(torch.randn(1, tokens + 1, dim) * 0.02)
        self.blocks = nn.ModuleList([TransformerBlock(dim, heads) for _ in range(depth)])
        self.final_norm = nn.LayerNorm(dim, eps=1e-6)
        self.vit_projection = nn.Linear(dim, dim)
        self.vit_branch = nn.Sequential(
            nn.Linear(dim, branch_width), nn.ReLU(), nn.Linear(branch_width, branch_width)
        )

        self.inception_branch = nn.Sequential(
            nn.Conv2d(BANDS, 32, 1),
            nn.AvgPool2d(2),
            Inception(32, 16),
            Inception(64, 16),
            nn.AvgPool2d(2),
            Inception(64, 8),
            Inception(32, 8),
            nn.AvgPool2d(2),
            Inception(32, 4, with_five=False),
            nn.Flatten(),
            nn.Linear(3 * 4 * 16, branch_width),
            nn.ReLU(),
            nn.Linear(branch_width, branch_width),
        )

        self.magnitude_branch = nn.Sequential(
            nn.Linear(2 * BANDS - 1, branch_width),
            nn.ReLU(),
            nn.Linear(branch_width, branch_width),
            nn.ReLU(),
            nn.Linear(branch_width, branch_width),
        )
        self.head = nn.Sequential(nn.Linear(3 * branch_width, branch_width), nn.ReLU(), nn.Linear(branch_width, 1))

    def forward(self, image, magnitude):
        scaled = image / self.softening
        pixels = torch.sign(scaled) * torch.log(1 + torch.abs(scaled)) * 0.5
        colours = (magnitude[:, :-1] - magnitude[:, 1:] - 0.8) * 1.5
        photometry = torch.cat([(magnitude - self.magnitude_mean) / self.magnitude_deviation, colours], 1)
        branches = [self.see(pixels), self.inception_branch(pixels), self.magnitude_branch(photometry)]
        return self.head(torch.cat(branches, 1))

    def see(self, pixels):
        """The transformer's branch: the mean of the patches' tokens after all blocks."""
        tokens = self.patches(pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(tokens.shape[0], -1, -1), tokens], 1) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return self.vit_branch(self.vit_projection(self.final_norm(tokens[:, 1:].mean(1))))
