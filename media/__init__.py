"""RTP and audio; knows nothing of SIP.

Session descriptions (`sdp`, `negotiation`), packets (`rtp`, `statistics`) and the `engine`, whose
worker processes own the sockets. Signalling holds `engine.client` and never touches a packet.
"""
