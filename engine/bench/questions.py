"""What is asked about a picture: a screenshot, a question, and another one after the answer."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from PIL import Image as Pictures
from PIL import ImageDraw

from engine.protocol import Generate, Image, ImageBudget, Message, Prepare, Sampling, Text

SIZE = (1920, 1080)
QUESTION = "The margins of this page are too wide. Where do I change them?"
ANSWER = (
    "Open the Layout tab at the top of the window and press Margins at its left end. "
    "Narrow is the second entry of the list; for a width of your own take the last one, Custom Margins."
)
FOLLOW_UP = "And how do I do that for one chapter only?"


def write_screenshot(path: Path) -> None:
    """A picture of the size and kind that people ask about: bars, lines of text, a few colours."""
    picture = Pictures.new("RGB", SIZE, "#f4f4f2")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 36), fill="#2b579a")
    draw.rectangle((0, 37, SIZE[0], 150), fill="#e6e6e4")
    for index in range(24):
        draw.rounded_rectangle((20 + 78 * index, 70, 80 + 78 * index, 130), 6, fill=f"hsl({15 * index}, 50%, 60%)")
    draw.rectangle((420, 190, 1500, SIZE[1]), fill="white")
    for line in range(36):
        draw.text((520, 230 + 23 * line), f"{line + 1}. {QUESTION} {FOLLOW_UP}", fill="#202020", font_size=16)
    picture.save(path)


def first_question(picture: Path, budget: ImageBudget) -> Generate:
    """The request of someone who has just taken `picture`. One token of the answer is enough."""
    image = Image(hashlib.sha256(picture.read_bytes()).hexdigest(), str(picture))
    messages = (Message("user", (image, Text(QUESTION))),)
    return Generate("bench", messages, sampling=Sampling(seed=0), max_tokens=1, image_budget=budget)


def read_ahead(first: Generate) -> Prepare:
    """What is sent when the picture is there and the question not yet."""
    pictures = tuple(part for part in first.messages[-1].parts if isinstance(part, Image))
    return Prepare("bench", (Message("user", pictures),), image_budget=first.image_budget)


def follow_up(first: Generate) -> Generate:
    """The request after `first` was answered."""
    answered = (*first.messages, Message("assistant", (Text(ANSWER),)), Message("user", (Text(FOLLOW_UP),)))
    return replace(first, messages=answered)
