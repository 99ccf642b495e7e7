"""Names for the shapes: N rows (particles or batch), S state, A action, K denoising levels.

Checked in tests (jaxtyping with beartype), free of cost in production.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

States = Float[Tensor, "N S"]
Actions = Float[Tensor, "N A"]
Values = Float[Tensor, " N"]
Noise = Float[Tensor, "K N S"]
