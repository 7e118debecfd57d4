"""One seed, one history: the real flows and the real store against the stand-ins, on a clock, a network and a death that we own.

life.py       one process: its steps, its clock, where it dies or freezes
turns.py      the baton between two processes
scene.py      the world in which processes run: stand-ins, database, network
network.py    what can happen to a call
conduct.py    what a process may never do at a call
sign_in.py    whether the stored sign-in still opens anything
people.py     what people do, between any two steps
history.py    a seed's history, played and judged
judge.py      the checkers: the ledger's books and UpKeep alone, then our own record
small.py      every crash point, every fault, freezes and interleavings, one and two work orders
exploring.py  the small scope, played: in slices and blocks, and no world twice
months.py     hourly syncs, for months
museum/       accidents of other products, put back one at a time; each must be caught
"""
