"""Who hears whom about marks: the conversation, the finder and the live overlay."""
