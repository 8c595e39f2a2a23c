"""The media engine: worker processes that own every RTP socket, and the client that steers them."""
