"""How cost grows: with members, rooms, idle sockets, history and replicas; and what a million connections would take.

    python -m bench.growth measure --stack NAME    measure, on a stack with four realtimes
    python -m bench.growth document                write charts and docs/capacity.md from the newest figures

`axes.py` says what is varied, `levels.py` sets a level up, `sampling.py` measures it; `fits.py` says what is linear,
`charts.py` draws, `capacity.py` does the arithmetic for a million and `document.py` words it, these four without any
input or output of their own.
"""
