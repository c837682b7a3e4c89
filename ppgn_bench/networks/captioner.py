"""The captioner: log p(word | words before, x), by which a caption is a condition like any other."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.data.captions import WORDS
from ppgn_bench.networks.captioner_options import CaptionerOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes


class Captioner(nn.Module):
    """Convolutions say what an image shows, a GRU which word is due; both meet at every word.

    They meet after the GRU, which reads words alone ("merge" of Tanti et al. 2018): the gradient goes from each word
    straight to the image, through no other word. All layers are smooth, since it steers, and every image is seen by
    itself, since a chain must not depend on those beside it.
    """

    options_class = CaptionerOptions

    def __init__(self, sizes: Sizes, options: CaptionerOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width_in, width in pairwise((sizes.channels, *options.widths)):
            layers += [nn.Conv2d(width_in, width, 4, stride=2, padding=1), nn.SiLU()]
        side = options.side(sizes) // 2 ** len(options.widths)
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.features = nn.Linear(options.widths[-1] * side**2, options.features)
        self.known = nn.Embedding(len(WORDS), options.hidden)
        self.gru = nn.GRU(options.hidden, options.hidden, batch_first=True)
        self.due = nn.Linear(options.hidden, options.features)
        self.words = nn.Linear(options.features, len(WORDS))
        self.seeing, self.dropout = Seeing(options), options.dropout

    def forward(self, images: Tensor, words: Tensor) -> Tensor:
        """Logits of each word of a caption, given the image and the words before it.

        images [n, channel, height, width] in [0, 1], words int64 [n, T], numbers of `data.captions.WORDS` ->
        [n, T, word]. The first word has <end> before it. Whatever stands after a word has no part in its logits.
        """
        seen = F.dropout(self.features(self.trunk(self.seeing(images))), self.dropout, self.training)
        state, _ = self.gru(self.known(F.pad(words[:, :-1], (1, 0))))  # 0 is <end>
        logits: Tensor = self.words(F.silu(seen[:, None] + self.due(state)))
        return logits
