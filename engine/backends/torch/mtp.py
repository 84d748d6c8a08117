"""Multi-token prediction: the checkpoint's own drafter, one full-attention layer that guesses ahead.

For token i it takes the model's normed last hidden state h_i and the embedding (or the picture's row) e_i+1 of the
token behind it: ``x = fc([norm_e(e_i+1), norm_h(h_i)])``, at the position of token i. ``norm(layer(x))`` gives, through
the model's own head, the logits of token i + 2, and stands for h_i+1 when the token after that is guessed. Order and
norms are those of vLLM's ``qwen3_5_mtp``; the layout is that of DeepSeek-V3 (arXiv 2412.19437, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.backends.torch.cache import DraftCache, Seen
from engine.backends.torch.layers import GatedMlp, Projection, ZeroCentredNorm
from engine.backends.torch.text import AttentionMixer, TextModel, turns

UNREAD = 64
"""Runs of tokens that may wait to be read: one that is never asked costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """The ``mtp.*`` weights; embedding and head are those of the model."""

    fc: Projection
    embedding_norm: ZeroCentredNorm
    hidden_norm: ZeroCentredNorm
    mixer: AttentionMixer
    mlp: GatedMlp
    mixer_norm: ZeroCentredNorm
    mlp_norm: ZeroCentredNorm
    norm: ZeroCentredNorm

    def follow(self, seen: Seen, cache: DraftCache) -> None:
        """Note what the model has read after all of `cache`. The run stays the last of `unread`, so that its end can be
        taken back."""
        if len(cache.unread) >= UNREAD:
            self.catch_up(cache)
        cache.unread.append(seen)

    def catch_up(self, cache: DraftCache) -> None:
        """Read all that waits but the last token. Nothing is guessed, so keys and values are all that is needed."""
        hidden, embedded, positions = (
            torch.cat(parts, dim=axis)
            for parts, axis in (
                ([seen.hidden for seen in cache.unread], 0),
                ([seen.embedded for seen in cache.unread], 0),
                ([seen.positions for seen in cache.unread], 1),
            )
        )
        if hidden.shape[0] > 1:
            x = self.mixer_norm(self._joined(embedded[1:], hidden[:-1]))
            self.mixer.remember(x, *turns(positions[:, :-1], self.mixer.spec.rope, x.dtype), cache.kv)
        # Copies: a view would hold the memory of the whole run.
        cache.unread = [Seen(hidden[-1:].clone(), embedded[-1:].clone(), positions[:, -1:].clone())]

    def fork_at(self, seen: Seen, count: int, cache: DraftCache) -> DraftCache:
        """`cache`, which has caught up with all of `seen`, as it is after the first `count` of these tokens."""
        behind = seen.hidden.shape[0] - count
        row = slice(count - 1, count)
        last = Seen(seen.hidden[row].clone(), seen.embedded[row].clone(), seen.positions[:, row].clone())
        return DraftCache(cache.kv.fork_at(cache.kv.length - behind), [last])

    def guess(self, text: TextModel, cache: DraftCache, token: int, position: int, count: int) -> tuple[int, ...]:
        """The likeliest `count` tokens behind `token`, which comes at `position` and which `cache` does not learn."""
        self.catch_up(cache)
        known, last = cache.kv.length, cache.unread[-1]
        hidden, positions = last.hidden, last.positions
        guessed = torch.tensor([token], device=hidden.device)
        guesses = []
        for index in range(count):
            x = self._joined(text.embed(guessed), hidden)
            cos, sin = turns(positions, self.mixer.spec.rope, x.dtype)
            x = x + self.mixer(self.mixer_norm(x), cos, sin, cache.kv, _never)
            hidden = self.norm(x + self.mlp(self.mlp_norm(x)))
            guessed = text.logits(hidden).argmax(dim=-1)
            guesses.append(guessed)
            positions = torch.full_like(positions, position + index)
        cache.kv.cut(known)
        return tuple(torch.cat(guesses).tolist())

    def _joined(self, embedded: Tensor, hidden: Tensor) -> Tensor:
        """[T, hidden] of each -> [T, hidden]."""
        return self.fc(torch.cat((self.embedding_norm(embedded), self.hidden_norm(hidden)), dim=-1))


def _never() -> None:
    """A single row is over before anyone could stop it."""
