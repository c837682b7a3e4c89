"""What `import-caffe` takes of a file of 200 MiB, a whole process: seconds, and the most memory at once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.caffe import writing
from tests.conftest import ROOT

SIZE = 200 * 2**20  # bytes of weights; CaffeNet's file has 232 MiB, the generator's 214
MEASURED = """
import sys
from pathlib import Path
from ppgn_bench.cli import app
sys.argv = ["ppgn-bench", *sys.argv[1:]]
try:
    app.main()
finally:
    print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


def caffemodel(path: Path, packed: bool) -> None:
    """Layers as CaffeNet's: most of it is in two of them."""
    rng = np.random.default_rng(0)
    rows = SIZE // 4 // 4096
    shapes = {"fc6": (rows * 5 // 8, 4096), "fc7": (rows * 2 // 8, 4096), "fc8": (rows // 8, 4096)}
    layers = {
        name: ("InnerProduct", [rng.standard_normal(shape, np.float32), np.zeros(shape[0], np.float32)])
        for name, shape in shapes.items()
    }
    path.write_bytes(writing.caffemodel(layers, generation=1, legacy=True, packed=packed))


@pytest.mark.benchmark(group="import-caffe, a file of 200 MiB")
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
def test_a_large_file_is_imported(benchmark, tmp_path, packed):
    caffemodel(tmp_path / "net.caffemodel", packed)
    words = ["import-caffe", str(tmp_path / "net.caffemodel"), "--output", str(tmp_path / "net.safetensors")]
    peaks = []

    def imported() -> None:
        command = [sys.executable, "-c", MEASURED, *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        peaks.append(int(done.stderr.split()[-1]) * 1024)  # Linux says KiB, and getrusage that of the parent too

    benchmark.pedantic(imported, rounds=3)
    size = (tmp_path / "net.caffemodel").stat().st_size
    benchmark.extra_info |= {
        "file, MiB": round(size / 2**20),
        "peak memory, MiB": round(max(peaks) / 2**20),
        "times the file": round(max(peaks) / size, 2),
    }
