"""A softswitch in pure Python: registrar, B2BUA and media engine for an office.

The chapters are the packages: `softswitch.sip` speaks the protocol, `softswitch.routing` decides,
`softswitch.b2bua` carries calls, `softswitch.media` carries sound, `softswitch.config` reads the
YAML file, `softswitch.store` remembers. `softswitch.app` joins them; ARCHITECTURE.md has the map.
"""

__version__ = "0.1.0"
