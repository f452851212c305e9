"""What we change of a compute service in Nova, and undo: forced down, disabled, put back.

Each change is traced before it is made, and only what is ours is undone. Start with ``take_down.py`` and
``bring_back.py``.
"""
