"""The optimiser of everything that is trained."""

from inspect import unwrap

import torch


class Adam(torch.optim.Adam):
    """torch's Adam without what torch puts around these methods for its compiler, whose import takes over a second.

    Underneath are torch's own functions, and `step` is without gradients as ever. Where torch puts nothing around
    them, or hides what it wrapped, they are the methods that Adam has.
    """

    step = torch.no_grad()(unwrap(torch.optim.Adam.step))
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    state_dict = unwrap(torch.optim.Adam.state_dict)
    load_state_dict = unwrap(torch.optim.Adam.load_state_dict)
