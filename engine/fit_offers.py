"""Whether a request fits the context, and what would fit when it does not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.prompt import Prompt, build_prompt, pictures_in
from engine.protocol import FailureCode, Generate, ImageBudget, Offer, OfferAction
from engine.sight import Sight
from engine.spec import ModelSpec
from engine.tokenizer import Tokenizer

LEAST = 512
"""Tokens of an answer, and of thinking, that are worth beginning for. Where no more fits, fewer than asked for do."""
BUDGETS: tuple[ImageBudget, ...] = ("full", "balanced", "fast")

_IN_A_CONVERSATION = ("conversation", "question", "the answer")
WAYS_OUT: dict[OfferAction, str] = {
    "image_budget": "less detail in the pictures",
    "drop_turns": "leaving out the oldest messages",
}


class Refusal(Exception):
    """A request that can not be answered as it is. `str()` is a sentence for a person, `offers` are ways out."""

    def __init__(self, code: FailureCode, message: str, offers: tuple[Offer, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.offers = code, offers


@dataclass(frozen=True, slots=True)
class ContextFit:
    """Counts the prompt of one request against `limit` tokens of context."""

    request: Generate
    limit: int
    thinking: bool
    tokenizer: Tokenizer
    spec: ModelSpec
    sight: Sight

    @property
    def reserved(self) -> int:
        """Tokens that are kept at least for what the model writes."""
        return min(self.request.max_tokens, LEAST) + (min(self.request.thinking.budget, LEAST) if self.thinking else 0)

    def fitted(self, prompt: Prompt) -> Generate:
        """The request with the budgets that the memory has room for beside `prompt`.

        Raises:
            Refusal: not even `reserved` tokens fit; with offers.
        """
        length = len(prompt.tokens)
        if length + self.reserved <= self.limit:
            return self._with_budgets(self.limit - length)
        offers = (*self._smaller_pictures(prompt), *self._fewer_messages())
        ways = [WAYS_OUT[action] for action in dict.fromkeys(offer.action for offer in offers)]
        whole, part, follows = ("text", "text", "what follows") if self.request.raw else _IN_A_CONVERSATION
        way_out = f"What would fit: {' or '.join(ways)}." if ways else f"Shorten the {part} or choose a smaller model."
        raise Refusal(
            "context_too_long",
            f"The {whole} is too long: it takes {length:,} tokens and {self.reserved:,} are kept for {follows}, "
            f"but {self.limit:,} fit the memory. {way_out}",
            offers,
        )

    def _with_budgets(self, room: int) -> Generate:
        """Thinking goes first and may take up to half of a `room` that does not hold both."""
        request = self.request
        if not self.thinking:
            return replace(request, max_tokens=min(request.max_tokens, room))
        answer = min(request.max_tokens, max(room // 2, room - request.thinking.budget))
        thinking = replace(request.thinking, budget=min(request.thinking.budget, room - answer))
        return replace(request, max_tokens=answer, thinking=thinking)

    def _smaller_pictures(self, prompt: Prompt) -> Iterator[Offer]:
        """Only the length of the pictures changes, so that nothing has to be rendered again."""
        pictures = pictures_in(self.request)
        length = len(prompt.tokens)
        text = length - sum(span.count for span in prompt.images)
        for budget in BUDGETS[BUDGETS.index(self.request.image_budget) + 1 :]:
            grids = [self.sight.grid(picture, budget) for picture in pictures]
            smaller = text + sum(height * width // 4 for height, width in grids)
            if smaller < length and self._fits(smaller):
                yield Offer("image_budget", budget, smaller)

    def _fewer_messages(self) -> Iterator[Offer]:
        """The least number of oldest messages to leave out. What stays begins with a question of the person's."""
        messages = self.request.messages
        starts = [index for index, message in enumerate(messages) if index and message.role == "user"]
        # The later the start, the shorter the prompt.
        at = bisect_left(starts, True, key=lambda start: self._fits(self._length_from(start)))
        if at < len(starts):
            yield Offer("drop_turns", str(starts[at]), self._length_from(starts[at]))

    def _length_from(self, start: int) -> int:
        shorter = replace(self.request, messages=self.request.messages[start:])
        grids = [self.sight.grid(picture, shorter.image_budget) for picture in pictures_in(shorter)]
        return len(build_prompt(shorter, self.tokenizer, self.spec, grids, self.thinking).tokens)

    def _fits(self, length: int) -> bool:
        return length + self.reserved <= self.limit
