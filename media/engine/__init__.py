"""The media engine: worker processes that own every RTP socket, and the client that steers them.

    signalling process                        media worker, one per core but one
    ──────────────────                        ──────────────────────────────────
    interface    what signalling may ask
    client       ports, events, restarts      worker       messages in, ports and legs
    performances sounds, recordings, keys     departments  guards, players, recorders, rooms, keys
    ports        pairs lent in advance        leg          what is accepted, and who gets it (pure)
    process      one worker and its channel   feeding      what the peer is sent of it (pure)
        │                                     upkeep       RTCP, keepalives, time-outs (pure)
        │                                     backends/    packets in and out of the kernel
        └──────────── control ────────────►   sockets      pairs, and lines to proven remotes

An RTP packet's story: the kernel puts it into the *line* of the leg whose remote was proven;
`EpollBackend.serve` reads it, compares four numbers, changes three and sends it from the line of
the peer. One function of ours, no source check, no allocation that lasts. That is the *short way*,
and `plain` of the leg tells which packets may take it. All others go to `Leg.arrive`: the first of
a source (which comes to the *door*, where the latch judges it, and the line is connected), what has
other numbers, another codec or keys on the other side, what somebody listens to, STUN and DTLS.

Dead workers: the channel closes (or four heartbeats are missing), the calls' ports are reported
lost, and a new worker binds the same ports. Signalling dead: the channel closes, the worker ends.
"""
