"""`ask --json --greedy` gives the token ids that transformers generates, from the question to the last token.

A random checkpoint with the family's real vocabulary; transformers' inputs are put together by hand from its image
processor, tokenizer and chat template.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.cli import main
from engine.protocol import Finished, decode_event
from tests.checkpoints import make_tiny

TOKENS = 48
PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
QUESTION = "Wie viele Äpfel 🍎 sind das? Rechne: 12 × 34 = ?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("model"), "0.8B", seed=11, real_vocabulary=True)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "noise.png"
    pixels = np.random.default_rng(2).integers(0, 255, (270, 410, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    from transformers import Qwen3_5ForConditionalGeneration

    torch.set_num_threads(1)
    return Qwen3_5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()


def their_tokens(model: Any, folder: Path, picture: Path | None, raw: bool) -> list[int]:
    from transformers import AutoTokenizer
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs: dict[str, torch.Tensor] = {}
    pads = 1
    if picture is not None:
        processor = Qwen2VLImageProcessorPil(
            patch_size=16,
            size={"shortest_edge": 65_536, "longest_edge": 16_777_216},
            image_mean=[0.5] * 3,
            image_std=[0.5] * 3,
        )
        made = processor(Image.open(picture), return_tensors="pt")
        inputs = {"pixel_values": made["pixel_values"], "image_grid_thw": made["image_grid_thw"]}
        pads = int(made["image_grid_thw"].prod()) // 4
    text = PICTURE * bool(picture) + QUESTION
    if not raw:
        content = [*([{"type": "image"}] if picture else []), {"type": "text", "text": QUESTION}]
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
    ids = torch.tensor([tokenizer.encode(text.replace("<|image_pad|>", "<|image_pad|>" * pads))])
    kinds = (ids == model.config.image_token_id).int()
    ends = [model.config.text_config.eos_token_id, tokenizer.eos_token_id]
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=kinds,
            max_new_tokens=TOKENS,
            do_sample=False,
            eos_token_id=ends,
            pad_token_id=0,
            **inputs,
        )
    return out[0, ids.shape[1] :].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("with_picture", "raw"), [(False, False), (True, False), (True, True)])
def test_token_ids_are_those_of_transformers(
    theirs: Any, folder: Path, picture: Path, with_picture: bool, raw: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["ask", "--json", "--greedy", "--dtype", "float32", "--device", "cpu", "--system", ""]
    arguments += ["--max-tokens", str(TOKENS), "--model", str(folder)]
    arguments += ["--image", str(picture)] * with_picture + ["--raw"] * raw
    code = main([*arguments, QUESTION])
    last = decode_event(capsys.readouterr().out.splitlines()[-1].encode())
    assert isinstance(last, Finished)
    assert code == 0
    expected = their_tokens(theirs, folder, picture if with_picture else None, raw)
    assert list(last.tokens) == expected
    assert len(set(expected)) > 5, "a model that says one thing proves nothing"
