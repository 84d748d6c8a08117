"""A walk-through: one step at a time, and a watch on the window that it leads through."""
