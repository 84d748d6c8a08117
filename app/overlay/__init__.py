"""What lies over the whole screen for a moment: the region picker."""
