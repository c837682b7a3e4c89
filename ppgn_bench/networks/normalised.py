"""Batch normalisation where a batch is shared by several processes."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class BatchNorm1d(nn.BatchNorm1d):
    """torch's; where several processes train, over what all of them have. (torch's own for that needs a GPU.)"""

    def forward(self, values: Tensor) -> Tensor:
        """Values [n, unit] -> [n, unit], of mean 0 and variance 1 over n, times a weight, plus a bias."""
        if not self.training or not dist.is_initialized():
            return super().forward(values)
        own, count = values.float(), len(values) * dist.get_world_size()
        mean = _Total.apply(own.sum(0)) / count
        variance = _Total.apply((own - mean).square().sum(0)) / count
        with torch.no_grad():
            for running, value in ((self.running_mean, mean), (self.running_var, variance * count / (count - 1))):
                assert running is not None  # as this network has it
                running.lerp_(value, self.momentum or 0.0)
        return (own - mean) * torch.rsqrt(variance + self.eps) * self.weight + self.bias


class _Total(torch.autograd.Function):
    """The sum over processes, whose gradient is the sum of the processes' gradients."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        """The sum."""
        total = own.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """The sum of the gradients."""
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total
