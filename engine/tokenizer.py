"""Text <-> token ids, and messages -> text, with the files of a model folder.

The ids come from ``tokenizer.json`` through the `tokenizers` library, the text of a conversation from the model's own
chat template through transformers. Nothing here reaches the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from tokenizers import Tokenizer as Encoder
from tokenizers.models import BPE

from engine.models.templates import is_of_the_family, own_template
from engine.protocol import FailureCode
from engine.spec import ModelError, ModelSpec

TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "tokenizer_config.json"
TEMPLATE_FILE = "chat_template.jinja"
IMAGE_PAD = "<|image_pad|>"
END_TEXTS = ("<|im_end|>", "<|endoftext|>")

MARK = "\udfff"
"""Keeps the text of an added token from being read as that token. Half of a surrogate pair is never part of a text."""
_SURROGATES = re.compile("[\ud800-\udfff]")


class PromptError(ValueError):
    """A conversation that can not be put before the model. `code` is the protocol's failure code, `str()` a sentence
    for a person."""

    code: FailureCode = "bad_request"


class Tokenizer:
    """The vocabulary and the chat template of one model folder."""

    def __init__(self, name: str, encoder: Encoder, template: str | None, end_tokens: frozenset[int]) -> None:
        self._name, self._encoder, self.end_tokens = name, encoder, end_tokens
        self._added = {token: added.content for token, added in encoder.get_added_tokens_decoder().items()}
        self._ids_of_added = {content: token for token, content in self._added.items()}
        self.added_tokens = frozenset(self._ids_of_added)
        """The texts that are one token as a whole: turn and picture markers, think and tool tags."""
        longest_first = sorted(self.added_tokens, key=len, reverse=True)
        # Without any added token the pattern must match nowhere.
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._alphabet = _byte_alphabet()
        self._renderer = None if template is None else _renderer(template)

    @classmethod
    def load(cls, folder: Path, spec: ModelSpec) -> Tokenizer:
        """Read the tokenizer of the published-layout `folder`.

        A folder without any chat template takes our own where the vocabulary is the family's. Elsewhere it loads all
        the same: text can then be continued, and only `render` refuses.

        Raises:
            ModelError: ``tokenizer.json`` is missing, a file is damaged, or they do not fit ``config.json``.
        """
        path = folder / TOKENIZER_FILE
        if not path.is_file():
            raise ModelError("model_missing", f"{folder.name} has no {TOKENIZER_FILE}. Fetch the missing file.")
        try:
            encoder = Encoder.from_file(str(path))
        except Exception as error:  # The library raises nothing narrower for a damaged file.
            raise _damaged(folder, TOKENIZER_FILE) from error
        strange = spec.vision is not None and encoder.token_to_id(IMAGE_PAD) != spec.image_token
        if strange or encoder.get_vocab_size() > spec.text.vocab_size:
            raise ModelError(
                "model_damaged",
                f"{TOKENIZER_FILE} and config.json in {folder.name} are not of the same model. Fetch both again.",
            )
        config = _read_config(folder)
        ends = (encoder.token_to_id(text) for text in (*END_TEXTS, _content(config.get("eos_token"))))
        end_tokens = spec.eos_tokens | {token for token in ends if token is not None}
        template = _read_template(folder, config)
        if template is None and is_of_the_family(encoder.token_to_id):
            template = own_template()
        tokenizer = cls(folder.name, encoder, template, end_tokens)
        tokenizer._check_template()
        return tokenizer

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`. The texts of added tokens become those tokens, except where they are protected; nothing
        is put before or after."""
        if MARK not in text:
            return self._encode(text)
        tokens: list[int] = []
        end = 0
        for match in self._pattern.finditer(text):
            tokens += self._encode_run(text[end : match.start()])
            tokens.append(self._ids_of_added[match.group()])
            end = match.end()
        return tokens + self._encode_run(text[end:])

    def protect(self, text: str, allowed: Collection[str] = ()) -> str:
        """`text` in a form of which `encode` reads no added token but the `allowed` ones: what people and files say is
        never a turn marker or a picture. Text without any added token stays as it is."""
        return self._pattern.sub(lambda match: _broken(match.group(), allowed), text)

    def render(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], thinking: bool) -> str:
        """The chat template's text for `messages`, up to and with the header of the answer. `thinking` is always passed
        on, because the tiers' templates differ in what they do without it.

        Raises:
            ModelError: the folder has no chat template, and ours is for other vocabularies.
            PromptError: the template does not take these messages.
        """
        if self._renderer is None:
            raise ModelError(
                "model_missing",
                f"{self._name} has no chat template, so it can only continue text. "
                f"Fetch its {TEMPLATE_FILE}, or choose another model.",
            )
        try:
            text = self._renderer.apply_chat_template(
                messages, tools=tools or None, tokenize=False, add_generation_prompt=True, enable_thinking=thinking
            )
        except (TemplateError, TypeError) as error:
            raise PromptError(
                f"The chat template of {self._name} does not take this conversation ({error}). Start a new one."
            ) from error
        return str(text)

    def bytes_of(self, token: int) -> bytes:
        """The exact bytes that `token` stands for, which may end inside a character. An added token gives its text, an
        id without a token nothing."""
        if token in self._added:
            return self._added[token].encode()
        name = self._encoder.id_to_token(token) if token >= 0 else None
        if name is None:
            return b""
        # A few conversions keep added tokens in the plain vocabulary, written as they are.
        spelled = self._alphabet.keys() >= set(name)
        return bytes(self._alphabet[character] for character in name) if spelled else name.encode()

    def id_of(self, text: str) -> int | None:
        """The id of the token that is written `text` in the vocabulary, None when there is none."""
        return self._encoder.token_to_id(text)

    def _check_template(self) -> None:
        """A template that is damaged shall be named at loading, not at the first question."""
        if self._renderer is None:
            return
        try:
            self.render([{"role": "user", "content": "?"}], [], thinking=False)
        except PromptError as error:
            raise ModelError(
                "model_damaged", f"The chat template in {self._name} can not be used. Fetch {TEMPLATE_FILE} again."
            ) from error

    def _encode(self, text: str) -> list[int]:
        return self._encoder.encode(_SURROGATES.sub("\ufffd", text), add_special_tokens=False).ids

    def _encode_run(self, text: str) -> list[int]:
        """A run of text between added tokens. What was protected in it is taken out of the added tokens' reach by going
        through the parts of the encoder one by one."""
        if MARK not in text:
            return self._encode(text)
        text = _SURROGATES.sub("\ufffd", text.replace(MARK, ""))
        if self._encoder.normalizer is not None:
            text = self._encoder.normalizer.normalize_str(text)
        pieces = self._encoder.pre_tokenizer.pre_tokenize_str(text)
        return [token.id for piece, _ in pieces for token in self._encoder.model.tokenize(piece)]


def _broken(text: str, allowed: Collection[str]) -> str:
    return text if text in allowed else text[0] + MARK + text[1:]


def _renderer(template: str) -> Any:
    """transformers' own rendering, on a tokenizer without a vocabulary: copying the real one takes two seconds."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - takes a second to import

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Encoder(BPE()), chat_template=template
    )


def _read_config(folder: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, CONFIG_FILE) from error
    if not isinstance(config, dict):
        raise _damaged(folder, CONFIG_FILE)
    return config


def _read_template(folder: Path, config: Mapping[str, Any]) -> str | None:
    """The template's own file, else the one inside the configuration: a text, or a list of named ones."""
    try:
        return (folder / TEMPLATE_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise _damaged(folder, TEMPLATE_FILE) from error
    written = config.get("chat_template")
    if isinstance(written, list):
        named = {item.get("name"): item.get("template") for item in written if isinstance(item, dict)}
        written = named.get("default")
    return written if isinstance(written, str) else None


def _content(token: Any) -> str:
    """The text of a token in ``tokenizer_config.json``, which is written as text or as an object."""
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) else ""


def _damaged(folder: Path, file: str) -> ModelError:
    return ModelError("model_damaged", f"{file} in {folder.name} can not be read. Fetch it again.")


def _byte_alphabet() -> dict[str, int]:
    """The byte behind each character of a byte-level vocabulary (GPT-2's): printable ones stand for themselves, the
    others, in order, for U+0100 and on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + at): byte for at, byte in enumerate(others)}
