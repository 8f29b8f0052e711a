"""The public PyTorch port of I3D, as PyPI's cd-fvd has it."""
import importlib.util
import pathlib
import sys


def load_port():
    """The package's folder third_party/i3d, without what the whole package wants."""
    folder = pathlib.Path(importlib.util.find_spec("cdfvd").submodule_search_locations[0]) / "third_party/i3d"
    spec = importlib.util.spec_from_file_location("i3d", folder / "__init__.py", submodule_search_locations=[str(folder)])
    sys.modules["i3d"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["i3d"])
    import i3d.pytorch_i3d
    import i3d.utils
    return i3d
