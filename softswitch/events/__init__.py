"""Events that phones subscribe to (RFC 6665), one module per package of events."""
