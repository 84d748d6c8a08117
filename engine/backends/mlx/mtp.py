"""The drafter that a checkpoint brings: one layer that guesses the token after the next from what the model thought of
the last one and from the next one, in the way of DeepSeek-V3 (arXiv 2412.19437, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from engine.backends.mlx.cache import DraftCache, Seen
from engine.backends.mlx.layers import GatedMlp, Projection, RmsNorm
from engine.backends.mlx.text import AttentionMixer, TextModel, turns

UNREAD = 64
"""Runs of tokens that may wait to be read: one that is never asked costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """The ``mtp.*`` weights; embedding and head are those of the model. Nothing is calculated before it is asked for:
    whoever calls evaluates."""

    fc: Projection
    embedding_norm: RmsNorm
    hidden_norm: RmsNorm
    mixer: AttentionMixer
    mlp: GatedMlp
    mixer_norm: RmsNorm
    mlp_norm: RmsNorm
    norm: RmsNorm

    def follow(self, seen: Seen, cache: DraftCache) -> None:
        """Note what the model has read after all of `cache`. The run stays the last of `unread`, so that its end can be
        taken back."""
        if len(cache.unread) >= UNREAD:
            self.catch_up(cache)
        cache.unread.append(seen)

    def catch_up(self, cache: DraftCache) -> None:
        """Read all that waits but the last token. Nothing is guessed, so keys and values are all that is needed."""
        hidden = mx.concatenate([seen.hidden for seen in cache.unread])
        embedded = mx.concatenate([seen.embedded for seen in cache.unread])
        positions = mx.concatenate([seen.positions for seen in cache.unread], axis=1)
        if hidden.shape[0] > 1:
            x = self.mixer_norm(self._joined(embedded[1:], hidden[:-1]))
            self.mixer.remember(x, *turns(positions[:, :-1], self.mixer.spec.rope, x.dtype), cache.kv)
        # Copies: a view would hold the memory of the whole run.
        last = (hidden[-1:], embedded[-1:], positions[:, -1:])
        cache.unread = [Seen(*(mx.contiguous(part) for part in last))]

    def guess(self, text: TextModel, cache: DraftCache, token: int, position: int, count: int) -> tuple[int, ...]:
        """The likeliest `count` tokens behind `token`, which comes at `position` and which `cache` does not learn."""
        self.catch_up(cache)
        known, last = cache.kv.length, cache.unread[-1]
        hidden, positions = last.hidden, last.positions
        guessed = mx.array([token])
        guesses = []
        for index in range(count):
            x = self._joined(text.embed(guessed), hidden)
            cos, sin = turns(positions, self.mixer.spec.rope, x.dtype)
            x = x + self.mixer(self.mixer_norm(x), cos, sin, cache.kv)
            hidden = self.norm(x + self.mlp(self.mlp_norm(x)))
            guessed = mx.argmax(text.logits(hidden), axis=-1)
            guesses.append(guessed)
            positions = mx.full((3, 1), position + index)
        cache.kv.cut(known)
        found = mx.concatenate(guesses)
        mx.eval(found, *cache.arrays)
        return tuple(int(guess) for guess in np.array(found))

    def _joined(self, embedded: mx.array, hidden: mx.array) -> mx.array:
        """[T, hidden] of each -> [T, hidden]."""
        return self.fc(mx.concatenate([self.embedding_norm(embedded), self.hidden_norm(hidden)], axis=-1))
