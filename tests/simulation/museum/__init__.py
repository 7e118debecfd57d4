"""The museum: accidents of other products, put back one at a time. A checker that catches none of them proves nothing.

accident.py   what an accident is, and whether it is caught
stories.py    the stories in which it may show
answers.py    what an answer of the ledger is taken for
attempts.py   what is sent, again or too soon
leases.py     who may send, and when
batches.py    several documents in one call
drafts.py     the two phases of a Xero manual journal
sign_in.py    tokens
records.py    the database and its transactions
catalogue.py  all of them, and the table in docs/museum.md

`python -m tests.simulation.museum` puts each of them back and tells how it was caught.
"""
