"""What a walk-through tells a person."""

from __future__ import annotations

NO_MODEL = "A walk-through needs a model. Choose one, and ask again."
NO_STEPS = "The model gave no steps for this. Ask in other words, or take a picture of the window where it begins."
LOST_WAY = "The way could not be found again. Go back to where you began, and ask once more."
NOT_SEEN = "“{target}” is not seen in the window now. Scroll to it, or open what it is in."
OTHER_WAY = "That led somewhere else. Looking for the way from here."
NO_WINDOW = "The window that this picture shows is not known any more. Take a new picture of it, and ask again."
