"""The back-to-back user agent: one `call` joins two legs, each a dialog of our own.

`hunt` rings the devices, `midcall` carries what happens while people talk, and `crossing` is the
one list of what may cross from one leg to the other.
"""
