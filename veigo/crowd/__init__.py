"""A crowd that is there and says nothing: tens of thousands of sockets, held cheaply, and what they cost.

`script.py` is what each socket says and `frames.py` what it hears, `spread.py` over which processes and addresses they
are spread, all three pure; `holder.py` is one process that holds its share of them, `crowd.py` all of these processes
together, `meter.py` what the stack's own processes need meanwhile, and `idle_run.py` one measurement, from the first
account to the figures.
"""
