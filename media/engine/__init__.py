"""The media engine: worker processes that own every RTP socket, and the client that steers them.

    signalling process                        media worker, one per core but one
    ──────────────────                        ──────────────────────────────────
    interface    what signalling may ask
    client       ports, events, restarts      worker     messages in, ports and legs
    ports        pairs lent in advance        leg        judges, counts, rewrites (pure)
    process      one worker and its channel   outgoing   our own continuous stream (pure)
        │                                     backends/  packets in and out of the kernel
        └──────────── control ────────────►   sockets    pairs, and lines to proven remotes

An RTP packet's story: the kernel puts it into the *line* of the leg whose remote was proven;
`EpollBackend.serve` reads it, compares four numbers, changes three and sends it from the line of
the peer. One function of ours, no source check, no allocation that lasts. The first packet comes
to the *door* instead: `Leg.admits` asks the latch, `Leg.receive` starts the books and the offsets,
and the line is connected.

Dead workers: the channel closes (or four heartbeats are missing), the calls' ports are reported
lost, and a new worker binds the same ports. Signalling dead: the channel closes, the worker ends.
"""
