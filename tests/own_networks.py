"""Files of a user's own networks, as tests write them."""

from pathlib import Path

from ppgn_bench.lookup import Name

ENCODER = '''"""Networks of my own."""

from torch import nn


class Encoder(nn.Module):
    """Images -> h1 -> code."""

    def __init__(self, sizes, code_size=12, width=4):
        super().__init__()
        self.convolution = nn.Conv2d(sizes.channels, width, 3, stride=2, padding=1)  # half the side
        side = (sizes.image_size + 1) // 2
        self.dense, self.norm = nn.Linear(width * side**2, code_size), nn.BatchNorm1d(code_size)

    def first(self, images):
        return self.convolution(images)

    def encode(self, h1):
        return self.norm(self.dense(h1.flatten(1))).relu()
'''
RUNS = "\nraise SystemExit('the file was run')\n"  # after which nothing may run it


def write(place: Path, *edits: tuple[str, str], after: str = "", name: str = "my_networks.py") -> Name:
    """A file with the encoder in it and some of it changed; gives the class's name."""
    text = ENCODER
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + after)
    return Name(f"{path}:Encoder")
