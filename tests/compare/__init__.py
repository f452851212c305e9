"""``make compare``: one failure, recovered by this suite and by others on one cloud, timed from outside."""
