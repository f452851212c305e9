"""What crash points and seeds share: playing a scenario to its end, judging it, and two cores."""
