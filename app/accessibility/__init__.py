"""What a program tells assistive technology of its window: roles, names, places, states, and the way to press them."""
