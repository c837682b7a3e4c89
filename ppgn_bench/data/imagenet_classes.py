"""The thousand classes of ImageNet's challenge of 2012, in its order: which networks' outputs count by. No torch.

Facts, in a file beside: a line a class, its number in WordNet, which its folders are called, then its name.
"""

from pathlib import Path

FILE = Path(__file__).with_name("imagenet_classes.txt")
CLASSES = dict(line.split(" ", 1) for line in FILE.read_text("ascii").splitlines())  # number in WordNet -> name
NAMES = tuple(CLASSES.values())
