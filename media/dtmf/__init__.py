"""Keys pressed during a call, in the three ways phones say them.

    RTP events   receiver ◄── RFC 4733 ──► sender         one digit per timestamp
    SIP INFO     info     ◄── application/dtmf-relay      a body per digit
    sound        detector ◄── audio ◄──── generator       two tones at once (ITU-T Q.23, Q.24)

Everything here is a value that reacts: packets, samples and the time go in, digits come out. A
digit is one character of `digits.DIGITS`.
"""
