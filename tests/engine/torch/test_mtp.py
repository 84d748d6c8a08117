"""The checkpoint's own drafter, against its formula, and reading several tokens at once with the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from engine.backends.base import Chunk, Patches, PlacedImage
from engine.backends.torch import mtp
from engine.backends.torch.backend import TorchBackend, TorchFeatures, load
from engine.backends.torch.cache import TorchState
from engine.backends.torch.text import TextModel, rope_tables
from tests.checkpoints import make_tiny

GRID = (4, 6)
TOLERANCE = 3e-4
"""Both sides round: at eight random layers two runs of the same numbers differ by 1e-4."""
GUESSES = 3


@dataclass(frozen=True)
class Tiny:
    model: TorchBackend
    weights: dict[str, Tensor]

    @property
    def text(self) -> TextModel:
        assert self.model._text is not None
        return self.model._text


@pytest.fixture(scope="module", params=["0.8B", "4B", "9B"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    model = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield Tiny(model, load_file(folder / "model.safetensors"))
    model.close()


@dataclass
class Conversation:
    """A state, and beside it all that it has read: what the formula is given."""

    tiny: Tiny
    state: TorchState
    embedded: list[Tensor] = field(default_factory=list)
    positions: list[list[int]] = field(default_factory=list)
    position: int = 0

    @classmethod
    def begin(cls, tiny: Tiny) -> Conversation:
        return cls(tiny, tiny.model.new_state())

    def read(self, tokens: list[int], chunk: int = 512) -> NDArray[np.float32]:
        where = np.tile(np.arange(self.position, self.position + len(tokens)), (3, 1))
        self.position += len(tokens)
        return self._prefill(np.array(tokens), where, self.tiny.text.embed(torch.tensor(tokens)), chunk)

    def look(self, seed: int, chunk: int = 512) -> None:
        """Read a picture, whose rows have positions of their own and may be cut at any border."""
        pixels = np.random.default_rng(seed).uniform(-1, 1, (GRID[0] * GRID[1], 1536)).astype(np.float32)
        features = self.tiny.model.encode_image(Patches(pixels, GRID), lambda: None)
        rows, columns = GRID[0] // 2, GRID[1] // 2
        row, column = np.divmod(np.arange(rows * columns), columns)
        where = self.position + np.stack([np.zeros_like(row), row, column])
        self.position += max(rows, columns)
        tokens = np.full(rows * columns, self.tiny.model.spec.image_token)
        self._prefill(tokens, where, features.rows, chunk, features)

    def _prefill(
        self,
        tokens: NDArray[np.int64],
        where: NDArray[np.int64],
        rows: Tensor,
        chunk: int,
        features: TorchFeatures | None = None,
    ) -> NDArray[np.float32]:
        self.embedded += list(rows)
        self.positions += where.T.tolist()
        for start in range(0, len(tokens), chunk):
            part = slice(start, start + chunk)
            placed = () if features is None else (PlacedImage(0, features, start, len(tokens[part])),)
            logits = self.tiny.model.prefill(self.state, Chunk(tokens[part], where[:, part], placed), lambda: None)
        return logits

    def step(self, token: int) -> NDArray[np.float32]:
        logits = self.tiny.model.step(self.state, token, self.position)
        self._note([token])
        return logits

    def verify(self, tokens: list[int], keep: int) -> NDArray[np.float32]:
        logits = self.tiny.model.verify(self.state, tokens, self.position)
        self.tiny.model.keep(self.state, keep)
        self._note(tokens[:keep])
        return logits

    def _note(self, tokens: list[int]) -> None:
        self.embedded += list(self.tiny.text.embed(torch.tensor(tokens)))
        self.positions += [[self.position + index] * 3 for index in range(len(tokens))]
        self.position += len(tokens)

    def draft(self, token: int, count: int = GUESSES) -> tuple[int, ...]:
        return self.tiny.model.draft(self.state, token, self.position, count)


def random_tokens(count: int, seed: int = 0) -> list[int]:
    tokens: list[int] = np.random.default_rng(seed).integers(0, 250, count).tolist()
    return tokens


# --- The formula, slowly: all of the sequence for each guess, without a cache -----------------------------------------


def formula(talk: Conversation, token: int, count: int) -> list[Tensor]:
    """The logits of each of `count` guesses behind `token`."""
    tiny, spec = talk.tiny, talk.tiny.model.spec.text
    embedded, positions = torch.stack(talk.embedded), torch.tensor(talk.positions).t()
    with torch.inference_mode():
        hidden = tiny.text.forward(embedded, positions, tiny.model.new_state(), lambda: None)
        nexts = torch.cat((embedded[1:], tiny.text.embed(torch.tensor([token]))))
        found = []
        for index in range(count):
            out = whole_layer(tiny, nexts, hidden, positions)
            found.append(functional.linear(out[-1], head_of(tiny)))
            nexts = torch.cat((nexts, tiny.text.embed(found[-1].argmax()[None])))
            hidden = torch.cat((hidden, out[-1:]))
            positions = torch.cat((positions, torch.full((3, 1), talk.position + index)), dim=1)
    assert len(found[0]) == spec.vocab_size
    return found


def head_of(tiny: Tiny) -> Tensor:
    tied = tiny.model.spec.text.tied_head
    return tiny.weights["model.language_model.embed_tokens.weight" if tied else "lm_head.weight"]


def whole_layer(tiny: Tiny, nexts: Tensor, hidden: Tensor, positions: Tensor) -> Tensor:
    spec = tiny.model.spec.text
    length, heads, kv_heads, dim = len(hidden), spec.heads, spec.kv_heads, spec.head_dim

    def weight(name: str) -> Tensor:
        return tiny.weights[f"mtp.{name}.weight"]

    def normed(x: Tensor, name: str) -> Tensor:
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + spec.norm_eps) * (1 + weight(name))

    def project(x: Tensor, name: str) -> Tensor:
        return x @ weight(f"layers.0.{name}").t()

    def turned(x: Tensor) -> Tensor:
        cos, sin = (table[:, None] for table in rope_tables(positions, spec.rope))
        size = cos.shape[-1]
        first, second = x[..., : size // 2], x[..., size // 2 : size]
        return torch.cat((x[..., :size] * cos + torch.cat((-second, first), -1) * sin, x[..., size:]), -1)

    x = torch.cat((normed(nexts, "pre_fc_norm_embedding"), normed(hidden, "pre_fc_norm_hidden")), -1)
    x = x @ weight("fc").t()
    inner = normed(x, "layers.0.input_layernorm")
    q, gate = project(inner, "self_attn.q_proj").view(length, heads, 2 * dim).split(dim, dim=-1)
    k, v = (project(inner, f"self_attn.{name}").view(length, kv_heads, dim) for name in ("k_proj", "v_proj"))
    q, k = turned(normed(q, "layers.0.self_attn.q_norm")), turned(normed(k, "layers.0.self_attn.k_norm"))
    k, v = (part.repeat_interleave(heads // kv_heads, dim=1) for part in (k, v))
    scores = torch.einsum("ihd,jhd->hij", q, k) / dim**0.5
    scores += torch.full((length, length), -torch.inf).triu(1)
    mixed = torch.einsum("hij,jhd->ihd", scores.softmax(-1), v) * gate.sigmoid()
    x = x + project(mixed.reshape(length, -1), "self_attn.o_proj")
    inner = normed(x, "layers.0.post_attention_layernorm")
    x = x + project(functional.silu(project(inner, "mlp.gate_proj")) * project(inner, "mlp.up_proj"), "mlp.down_proj")
    return normed(x, "norm")


@pytest.fixture
def guessed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Conversation, int], list[Tensor]]:
    """The logits of guesses, as the drafter has them."""
    logits = TextModel.logits

    def guessed(talk: Conversation, token: int) -> list[Tensor]:
        found: list[Tensor] = []

        def watched(text: TextModel, hidden: Tensor) -> Tensor:
            found.append(logits(text, hidden))
            return found[-1]

        with monkeypatch.context() as patch:
            patch.setattr(TextModel, "logits", watched)
            tokens = talk.draft(token)
        assert tokens == tuple(int(row.argmax()) for row in found)
        return [row[0] for row in found]

    return guessed


def assert_as_the_formula(talk: Conversation, token: int, guessed: Callable[..., list[Tensor]]) -> None:
    for row, expected in zip(guessed(talk, token), formula(talk, token, GUESSES), strict=True):
        torch.testing.assert_close(row, expected, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("chunk", [1, 3, 512])
def test_guesses_are_those_of_the_formula(tiny: Tiny, chunk: int, guessed: Callable[..., list[Tensor]]) -> None:
    """Behind text, behind a picture, and behind text again; the borders of the chunks lie anywhere."""
    talk = Conversation.begin(tiny)
    talk.read(random_tokens(7), chunk)
    assert_as_the_formula(talk, 11, guessed)
    talk.look(1, chunk)
    assert_as_the_formula(talk, 12, guessed)
    talk.read(random_tokens(5, seed=1), chunk)
    assert_as_the_formula(talk, 13, guessed)
    assert talk.state.length == len(talk.embedded)


@pytest.mark.parametrize("unread", [1, 2, 64])
def test_guesses_follow_what_was_written(
    tiny: Tiny, unread: int, guessed: Callable[..., list[Tensor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without guesses in between, and whatever was taken back."""
    monkeypatch.setattr(mtp, "UNREAD", unread)
    talk = Conversation.begin(tiny)
    talk.read(random_tokens(6))
    for token in (20, 21, 22):
        talk.step(token)
    talk.verify([23, 24, 25, 26], keep=2)
    assert_as_the_formula(talk, 27, guessed)
    talk.verify([27, 28, 29], keep=3)
    talk.verify([30, 31, 32], keep=1)
    talk.step(33)
    assert_as_the_formula(talk, 34, guessed)
    assert_as_the_formula(talk, 35, guessed)


# --- Several tokens at once, and back ---------------------------------------------------------------------------------


def after_prompt(tiny: Tiny) -> Conversation:
    talk = Conversation.begin(tiny)
    talk.read(random_tokens(40))
    return talk


def assert_same_place(one: Conversation, other: Conversation) -> None:
    """Both have read the same: the next logits say so, and the guesses behind them."""
    assert (one.state.length, one.position) == (other.state.length, other.position)
    np.testing.assert_allclose(one.step(5), other.step(5), atol=TOLERANCE, rtol=0)
    assert one.draft(6) == other.draft(6)
    np.testing.assert_allclose(one.step(7), other.step(7), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_several_tokens_at_once_are_the_same_as_one_by_one(tiny: Tiny, count: int) -> None:
    tokens = random_tokens(count, seed=2)
    at_once, one_by_one = after_prompt(tiny), after_prompt(tiny)
    logits = at_once.verify(tokens, keep=count)
    assert (logits.shape, logits.dtype) == ((count, tiny.model.spec.text.vocab_size), np.float32)
    for row, token in zip(logits, tokens, strict=True):
        np.testing.assert_allclose(row, one_by_one.step(token), atol=TOLERANCE, rtol=0)
    assert_same_place(at_once, one_by_one)


@pytest.mark.parametrize("keep", [1, 2, 3, 4])
def test_tokens_that_are_taken_back_were_never_read(tiny: Tiny, keep: int) -> None:
    tokens = random_tokens(4, seed=2)
    back, never = after_prompt(tiny), after_prompt(tiny)
    # Of a first pass nothing may be left: its memory is used again.
    for round_ in ([8, 9, 10], tokens):
        back.verify(round_, keep=min(keep, len(round_)))
    for token in [8, 9, 10][:keep] + tokens[:keep]:
        never.step(token)
    assert_same_place(back, never)


def test_a_prompt_goes_on_where_tokens_were_taken_back(tiny: Tiny) -> None:
    """As when the session closes a think block."""
    back, never = after_prompt(tiny), after_prompt(tiny)
    back.verify([8, 9, 10], keep=1)
    never.step(8)
    np.testing.assert_allclose(back.read([1, 2, 3]), never.read([1, 2, 3]), atol=TOLERANCE, rtol=0)
    assert_same_place(back, never)


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_copy_is_not_disturbed(tiny: Tiny, when: str) -> None:
    """Not even one of what is then taken back: the memory they share is only written to behind it."""
    talk, fresh = after_prompt(tiny), after_prompt(tiny)
    copies = [tiny.model.copy_state(talk.state)]
    tiny.model.verify(talk.state, [8, 9, 10], talk.position)
    copies.append(tiny.model.copy_state(talk.state))
    tiny.model.keep(talk.state, 1)
    copies.append(tiny.model.copy_state(talk.state))
    talk.position += 1
    for token in (3, 4, 5):
        talk.step(token)
    copy = Conversation(tiny, copies[("before", "between", "after").index(when)])
    copy.position = fresh.position + copy.state.length - fresh.state.length
    for token in [8, 9, 10][: copy.state.length - fresh.state.length]:
        fresh.step(token)
    assert_same_place(copy, fresh)


def test_a_guess_changes_nothing(tiny: Tiny) -> None:
    asked, not_asked = after_prompt(tiny), after_prompt(tiny)
    first = asked.draft(9)
    assert asked.draft(9) == first
    assert asked.draft(9, count=1) == first[:1]
    asked.draft(10)
    assert_same_place(asked, not_asked)


def test_a_kept_state_guesses_the_same(tiny: Tiny) -> None:
    talk = after_prompt(tiny)
    copy = Conversation(tiny, tiny.model.copy_state(talk.state), position=talk.position)
    guesses = talk.draft(9)
    talk.verify([1, 2, 3], keep=1)
    again = Conversation(tiny, tiny.model.copy_state(copy.state), position=copy.position)
    assert again.draft(9) == copy.draft(9) == guesses


def test_all_memory_is_counted(tiny: Tiny) -> None:
    talk = after_prompt(tiny)
    assert talk.state.draft is not None
    drafts = sum(talk.state.draft.blocks().values())
    assert drafts > 2 * talk.state.draft.kv._keys.nbytes
    plain = sum(talk.state.blocks().values())
    assert plain == drafts + sum(sum(layer.blocks().values()) for layer in talk.state.layers)
    talk.verify([1, 2, 3], keep=1)
    recurrent = 4 * tiny.model.spec.text.recurrent_values
    assert sum(talk.state.blocks().values()) > plain + 2 * recurrent
    # A copy takes no trail with it.
    assert sum(tiny.model.copy_state(talk.state).blocks().values()) < plain + recurrent


# --- Which checkpoints draft ------------------------------------------------------------------------------------------


def test_a_checkpoint_without_the_drafter_does_not_guess(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", seed=3, mtp=False)
    model = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    assert model.drafting is None
    assert model.new_state().draft is None
    # No memory is set aside for it either.
    assert model.spec.text.mtp_layers == 0
    assert np.isfinite(
        model.prefill(model.new_state(), Chunk(np.arange(9), np.tile(np.arange(9), (3, 1))), print)
    ).all()


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_quantised_drafter_guesses_too(tmp_path: Path, precision: str) -> None:
    folder = make_tiny(tmp_path / "model", "4B", seed=3)
    told: list[tuple[int, int]] = []
    model = load(folder, "cpu", precision, lambda done, total: told.append((done, total)), lambda: None)
    torch.set_num_threads(1)
    assert told[-1][0] == told[-1][1]
    assert model.drafting is model
    drafter: Any = model._drafter
    assert type(drafter.fc).__name__.startswith("Int")
    talk = Conversation.begin(Tiny(model, {}))
    talk.read(random_tokens(9))
    assert len(talk.draft(3)) == GUESSES
