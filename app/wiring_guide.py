"""Who hears whom in a walk-through."""
