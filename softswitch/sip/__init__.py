"""SIP as values that react (RFC 3261, RFC 6026, RFC 3581); no I/O but in `transport`.

From the wire inwards: `parser` and `stream` turn octets into a `message`; `transactions` matches
it and answers retransmissions; `dialog` remembers who talks to whom. Each takes bytes or messages
and a time, and returns what is to be done.
"""
