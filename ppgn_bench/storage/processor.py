"""The processor, as far as numbers may hang on it: who made it, which one it is, and what it can compute with.

Libraries choose their kernels by its instruction sets, and kernels add up in orders of their own: so the last digits of
a result, and after many steps more than these, are the processor's (docs/reproducibility.md).
"""

from collections.abc import Mapping

# What torch, oneDNN and BLAS libraries choose kernels by; Linux' names of them.
INSTRUCTION_SETS = (
    *("sse4_1", "avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "avx10_1", "amx_tile", "amx_bf16", "amx_int8"),
    *("asimd", "asimddp", "asimdhp", "bf16", "i8mm", "sve", "sve2", "sme"),
)
# Variables by which one makes torch, oneDNN, MKL and OpenBLAS use fewer of them.
LIMITS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_CORETYPE")
# What we call it, and its names on x86 and on ARM.
FIELDS = {
    "processor": ("model name", "Processor"),
    "vendor": ("vendor_id", "CPU implementer"),
    "family": ("cpu family", "CPU architecture"),
    "model": ("model", "CPU part"),
    "instruction sets": ("flags", "Features"),
}

TORCH = "torch computes with"
OF_PROCESSOR = (*list(FIELDS)[1:], TORCH, *LIMITS)


def described(cpuinfo: str) -> dict[str, str]:
    """What a text of Linux' /proc/cpuinfo says of its first processor: of FIELDS those that it has.

    Of the instruction sets those of INSTRUCTION_SETS; a text of another kind says nothing.
    """
    lines = [line.partition(":") for line in cpuinfo.splitlines()]
    said: Mapping[str, str] = {key.strip(): value.strip() for key, _, value in reversed(lines)}  # the first counts
    known = {ours: next((said[key] for key in keys if said.get(key)), "") for ours, keys in FIELDS.items()}
    flags = known["instruction sets"].split()
    known["instruction sets"] = ", ".join(name for name in INSTRUCTION_SETS if name in flags)
    return {name: value for name, value in known.items() if value}
