"""The secret of a signature, from the environment: never stored, never printed."""

from __future__ import annotations

import os

from lar_debug.model.problem import Problem


def secret_of(name: str) -> bytes:
    """The secret in a variable of the environment. Raises Problem where there is none."""
    secret = os.environ.get(name)
    if secret is None:
        raise Problem(f"--secret-env {name}: there is no such variable in the environment")
    if not secret:
        raise Problem(f"--secret-env {name}: it is empty; the engine signs nothing with that")
    return secret.encode("utf-8", "surrogateescape")
