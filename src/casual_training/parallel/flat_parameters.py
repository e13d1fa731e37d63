"""The parameters of a network that are trained, or their gradient, as one flat tensor, one after the other."""

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from casual_training.errors import RunFailed


def trained_parameters(model: nn.Module) -> list[nn.Parameter]:
    """List the parameters of a network that are trained."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def require_one_dtype(model: nn.Module, method: str) -> torch.dtype:
    """Return the dtype of all that is trained; raise RunFailed("unavailable", ...) if there are several."""
    dtypes = {parameter.dtype: None for parameter in trained_parameters(model)}
    if len(dtypes) > 1:
        names = " and ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)
        raise RunFailed(
            "unavailable",
            f"{method} exchanges all weights as one tensor and cannot train a network that has {names}; give all its "
            "parameters one dtype, or take a method such as hogwild",
        )
    return next(iter(dtypes))


def weights_of(model: nn.Module) -> torch.Tensor:
    """Return a copy of the weights."""
    return parameters_to_vector(trained_parameters(model)).detach()


def load_weights(weights: torch.Tensor, model: nn.Module) -> None:
    """Copy flat weights into a network."""
    parameters = trained_parameters(model)
    pieces = weights.split([parameter.numel() for parameter in parameters])
    for parameter, piece in zip(parameters, pieces, strict=True):
        parameter.detach().copy_(piece.view_as(parameter))


def gradient_of(parameters: list[nn.Parameter]) -> torch.Tensor:
    """Return a copy of the gradient: zero for a parameter that the loss does not depend on."""
    gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in parameters]
    return parameters_to_vector(gradients)
