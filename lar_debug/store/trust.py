"""Whether a run was recorded by this machine: its seal over what a re-execution would start.

A store may come from elsewhere and name any script and interpreter; only a seal made with this
machine's key lets them run without asking. Standard library only.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from lar_debug.model.records import RunInfo
from lar_debug.store.key import signing_key


def _seal(info: RunInfo, key: bytes) -> str:
    named = [info.run, info.script, info.interpreter, info.cwd, *info.argv]
    return hmac.new(key, json.dumps(named).encode(), hashlib.sha256).hexdigest()


def sealed(info: RunInfo) -> RunInfo:
    """The run with this machine's seal; without one when there is no key to seal with."""
    key = signing_key(create=True)
    return info._replace(machine=_seal(info, key) if key else "")


def is_ours(info: RunInfo) -> bool:
    """True when this machine's key sealed the run as it is."""
    key = signing_key(create=False)
    return bool(key) and hmac.compare_digest(_seal(info, key or b""), info.machine)
