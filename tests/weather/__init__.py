"""Every scenario in every weather: the promises hold, whatever the world is like."""
