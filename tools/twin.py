"""The Transformer of `attention_core.training` in PyTorch, as one would write it there.

For `make bench`, which compares their speed, and for `make parity`, which compares their numbers.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from attention_core.training import TinyTransformer


class Twin(torch.nn.Module):
    """The same model with the same weights, under the same names."""

    def __init__(self, model: TinyTransformer, weights) -> None:
        super().__init__()
        self.model = model
        for name, part in model.named(weights).items():
            tensor = torch.nn.Parameter(torch.from_numpy(part.copy()))
            self.register_parameter(name.replace(".", "_"), tensor)

    def linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ getattr(self, f"{name}_weight") + getattr(self, f"{name}_bias")

    def norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        gain, bias = getattr(self, f"{name}_gain"), getattr(self, f"{name}_bias")
        return functional.layer_norm(x, gain.shape, gain, bias)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        model = self.model
        batch, n = tokens.shape
        x = functional.embedding(tokens, self.embedding)
        if model.positions:
            x = x + self.positions[:n]
        for i in range(model.layers):
            projected = self.linear(f"{i}_projections", self.norm(f"{i}_norm1", x))
            split = projected.view(batch, n, 3, model.heads, -1).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(*split, is_causal=model.causal)
            mixed = self.linear(f"{i}_mix", attended.transpose(1, 2).reshape(batch, n, -1))
            x = x + mixed if model.residuals else mixed
            hidden = functional.relu(self.linear(f"{i}_widen", self.norm(f"{i}_norm2", x)))
            output = self.linear(f"{i}_narrow", hidden)
            x = x + output if model.residuals else output
        return self.linear("logits", self.norm("norm", x))

    def loss(self, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        logits = self(tokens)
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)

    def gradient(self) -> torch.Tensor:
        """All gradients as one vector, in the order of the weights."""
        return torch.cat([part.grad.flatten() for part in self.parameters()])
