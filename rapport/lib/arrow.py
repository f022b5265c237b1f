"""pyarrow without pandas: import `pa` from here, everywhere.

At its first array pyarrow imports pandas, where it is installed, to tell pandas' types from others. Nothing here has any,
and Ibis installs it: each process would pay half a second and 36 MB. Told once that there is none, pyarrow does not look again.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa

__all__ = ["pa"]


class _NoPandas:
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


if "pandas" not in sys.modules:  # whoever brings their own may mix both
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    pa.array([0])
    sys.meta_path.remove(finder)
