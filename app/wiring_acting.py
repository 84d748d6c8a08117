"""Who hears whom when actions are proposed."""
