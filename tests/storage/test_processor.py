"""What /proc/cpuinfo says, of three makers' processors."""

import pytest

from ppgn_bench.storage import machine
from ppgn_bench.storage.processor import OF_PROCESSOR, described

INTEL = """processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 207
model name	: Intel(R) Xeon(R) Platinum 8575C
flags		: fpu sse4_1 avx avx2 fma avx512f avx512_bf16 amx_tile hypervisor

processor	: 1
vendor_id	: GenuineIntel
model		: 1
model name	: another
flags		: fpu
"""
AMD = """processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 1
model name	: AMD EPYC 7763 64-Core Processor
flags		: fpu sse4_1 avx fma avx2 bmi1
bugs		: sysret_ss_attrs
"""
ARM = """processor	: 0
BogoMIPS	: 243.75
Features	: fp asimd evtstrm aes asimdhp asimddp sve bf16
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
"""


def test_an_intel_processor_is_its_first_with_the_instructions_that_numbers_hang_on() -> None:
    assert described(INTEL) == {
        "processor": "Intel(R) Xeon(R) Platinum 8575C",
        "vendor": "GenuineIntel",
        "family": "6",
        "model": "207",
        "instruction sets": "sse4_1, avx, avx2, fma, avx512f, avx512_bf16, amx_tile",
    }


def test_two_generations_of_one_name_differ_in_family_model_or_instructions() -> None:
    known = described(AMD)
    assert (known["vendor"], known["family"], known["model"]) == ("AuthenticAMD", "25", "1")
    assert known["instruction sets"] == "sse4_1, avx, avx2, fma"
    newer = described(AMD.replace(": 25", ": 26").replace("bmi1", "bmi1 avx512f"))
    assert newer["processor"] == known["processor"]
    assert newer != known


def test_an_arm_processor_without_a_name_is_known_by_its_numbers() -> None:
    assert described(ARM) == {
        "vendor": "0x41",
        "family": "8",
        "model": "0xd40",
        "instruction sets": "asimd, asimddp, asimdhp, bf16, sve",
    }


@pytest.mark.parametrize("text", ["", "nothing of that kind\n", ":\n::\n"])
def test_another_text_says_nothing(text: str) -> None:
    assert described(text) == {}


def test_a_machine_without_cpuinfo_is_named_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "nowhere")
    known = machine.processor()
    assert known["processor"]
    assert known["torch computes with"]


def test_what_keeps_torch_from_instructions_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    known = machine.processor()
    assert known["ATEN_CPU_CAPABILITY"] == "avx2"
    assert "ONEDNN_MAX_CPU_ISA" not in known
    assert set(known) - {"processor"} <= set(OF_PROCESSOR)
