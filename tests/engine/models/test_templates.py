"""Our chat template says the same as the published ones: a model that is addressed otherwise answers worse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jinja2 import TemplateError
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from engine.models.templates import own_template

OFFICIAL = Path(__file__).resolve().parents[4] / "shared" / "official"
THINKS = {"0.8B": False, "2B": False, "4B": True, "9B": True}
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "zoom", "description": "Näher <ran>", "parameters": {"type": "object"}}},
    {"type": "function", "function": {"name": "noop", "parameters": {}}},
]
Messages = list[dict[str, Any]]
RENDERER = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(BPE()))

# --- Conversations --------------------------------------------------------------------------------------------------

texts = some.text("ab \n<>/é'\"", max_size=8) | some.sampled_from(
    ["<think>\na\n</think>\n\nb", "x</think>", "<tool_response>\n1\n</tool_response>", " padded\n"]
)
parts = some.one_of(
    some.builds(lambda text: {"type": "text", "text": text}, texts),
    some.sampled_from([{"type": "image"}, {"image": "a.png"}, {"image_url": {"url": "a"}}, {"type": "video"}]),
)
contents = texts | some.none() | some.lists(parts, max_size=3)
values = some.one_of(texts, some.integers(), some.booleans(), some.none(), some.lists(some.integers(), max_size=2))
arguments = some.dictionaries(some.sampled_from(["a", "b"]), values | some.dictionaries(texts, values, max_size=2))
calls = some.builds(lambda given: {"name": "zoom", "arguments": given}, arguments)
wrapped = calls | some.builds(lambda call: {"type": "function", "function": call}, calls)
answers = some.fixed_dictionaries(
    {"role": some.just("assistant"), "content": contents},
    optional={"reasoning_content": texts | some.none(), "tool_calls": some.lists(wrapped, max_size=2)},
)
questions = some.builds(lambda content: {"role": "user", "content": content}, contents)
turns = some.one_of(
    questions,
    answers,
    some.builds(lambda content: {"role": "tool", "content": content}, contents),
)
systems = some.builds(lambda content: {"role": "system", "content": content}, contents)
conversations = some.builds(
    lambda system, earlier, question, later: [*system, *earlier, question, *later],
    some.lists(systems, max_size=1),
    some.lists(turns, max_size=3),
    questions,
    some.lists(turns, max_size=3),
)


@pytest.fixture(scope="module", params=THINKS)
def tier(request: pytest.FixtureRequest) -> str:
    if not (OFFICIAL / f"Qwen3.5-{request.param}").exists():
        pytest.skip("the published templates are not at hand")
    return str(request.param)


def both(tier: str) -> tuple[str, str]:
    """Our template and the published one."""
    published = OFFICIAL / f"Qwen3.5-{tier}" / "chat_template.jinja"
    return own_template(THINKS[tier]), published.read_text(encoding="utf-8")


@settings(max_examples=100, deadline=None)
@given(
    messages=conversations,
    tools=some.sampled_from([None, TOOLS]),
    options=some.fixed_dictionaries(
        {"add_generation_prompt": some.booleans()},
        optional={"enable_thinking": some.booleans() | some.none(), "add_vision_id": some.booleans()},
    ),
)
def test_it_writes_what_the_published_one_writes(
    tier: str, messages: Messages, tools: list[dict[str, Any]] | None, options: dict[str, bool]
) -> None:
    ours, published = (rendered(template, messages, tools, **options) for template in both(tier))
    assert ours == published


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "content": "a"}],
        [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}],
        [{"role": "user", "content": "a"}, {"role": "developer", "content": "b"}],
        [{"role": "system", "content": [{"type": "image"}]}, {"role": "user", "content": "a"}],
        [{"role": "user", "content": [{"type": "sound"}]}],
        [{"role": "user", "content": 7}],
        [{"role": "user", "content": "<tool_response>\n1\n</tool_response>"}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{}"}]}],
    ],
)
def test_it_refuses_what_the_published_one_refuses(tier: str, messages: Messages) -> None:
    assert [rendered(template, messages, None) for template in both(tier)] == [None, None]


def test_a_loop_of_tools_is_told_with_its_reasoning() -> None:
    """The rules in short, where the published ones are not at hand."""
    messages: Messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": "A cat.", "reasoning_content": "forgotten"},
        {"role": "user", "content": "And there?"},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "I look.",
            "tool_calls": [{"name": "zoom", "arguments": {"box": [1, 2]}}],
        },
        {"role": "tool", "content": [{"type": "image"}]},
    ]
    assert rendered(own_template(), messages, None, add_generation_prompt=True, enable_thinking=False) == (
        "<|im_start|>system\nBe short.<|im_end|>\n"
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>What is it?<|im_end|>\n"
        "<|im_start|>assistant\nA cat.<|im_end|>\n"
        "<|im_start|>user\nAnd there?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\nI look.\n</think>\n\n<tool_call>\n<function=zoom>\n<parameter=box>\n[1, 2]\n"
        "</parameter>\n</function>\n</tool_call><|im_end|>\n"
        "<|im_start|>user\n<tool_response>\n<|vision_start|><|image_pad|><|vision_end|>\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


def rendered(template: str, messages: Messages, tools: list[dict[str, Any]] | None, **options: bool) -> str | None:
    """The text as transformers renders it, None where the template refuses."""
    try:
        return str(RENDERER.apply_chat_template(messages, tools, None, template, tokenize=False, **options))
    except (TemplateError, TypeError):
        return None
