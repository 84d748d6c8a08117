"""What acting tells a person, and the model."""

from __future__ import annotations

KILL_CHORD = "Ctrl+Alt+Escape"
NO_MODEL = "Acting needs a model. Choose one, and ask again."
KILLED = f"Stopped by {KILL_CHORD}. Nothing more is done."
DRIFTED = "The window changed right before that, so nothing was done. It looks again."
NO_ACTION = "The model proposed nothing that can be done. Ask in other words."
DONE_SENTENCE = "The model says that it is done. Look whether you agree."
GAVE_UP = "The model gave up: it does not see how to go on."
INJECTED = "Text in this window reads like an order to the assistant: “{text}”. It was given no weight; look twice."
NO_JOURNAL = "What is done can not be recorded ({error}), so nothing is. Make room on the disk, and try again."
REHEARSED = "This is a rehearsal: nothing was sent. Suppose that it worked, and go on."
# To the model, as the result of its call.
WORKED = "Done."
DECLINED = "The person did not want this action. Propose another one, or end."
NOT_DONE = "The action was not done: {why}"
CHANGED_BEFORE = "The window changed before the action was done, so it was not. Look again."
