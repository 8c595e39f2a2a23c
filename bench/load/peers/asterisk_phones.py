"""Asterisk's files about phones: pjsip.conf and voicemail.conf."""

from collections.abc import Sequence

POOL = 4
"""Threads that work on SIP, at first."""

PJSIP = """
[global]
type = global
user_agent = asterisk
endpoint_identifier_order = username
keep_alive_interval = 0
contact_expiration_check_interval = 30
unidentified_request_count = 0
taskprocessor_overload_trigger = none
send_contact_status_on_update_registration = no
[system]
type = system
threadpool_initial_size = {pool}
threadpool_auto_increment = 1
threadpool_idle_timeout = 0
threadpool_max_size = 50
[transport-udp]
type = transport
protocol = udp
bind = {host}:{port}
allow_reload = no
[phone](!)
type = endpoint
context = internal
disallow = all
allow = ulaw,alaw
direct_media = no
rtp_symmetric = yes
force_rport = yes
rewrite_contact = no
ice_support = no
timers = no
send_pai = no
allow_subscribe = no
dtmf_mode = rfc4733
media_address = {host}
bind_rtp_to_media_address = yes
[login](!)
type = auth
auth_type = userpass
[place](!)
type = aor
max_contacts = 1
remove_existing = yes
qualify_frequency = 0
support_path = no
"""

PHONE = """
[{number}](phone)
auth = {number}
aors = {number}
callerid = "{number}" <{number}>
[{number}](login)
username = {number}
password = pw{number}
[{number}](place)
"""

VOICEMAIL = """
[general]
format = wav
maxmsg = 9999
maxsecs = 180
minsecs = 1
maxsilence = 0
attach = no
sendvoicemail = no
[default]
"""


def pjsip(address: tuple[str, int], extensions: Sequence[int]) -> str:
    """One contact each, the newest; a digest on every REGISTER and INVITE; no session timers."""
    host, port = address
    head = PJSIP.format(host=host, port=port, pool=POOL)
    return head + "".join(PHONE.format(number=number) for number in extensions)


def voicemail(extensions: Sequence[int]) -> str:
    """A mailbox each; silence does not end a message."""
    return VOICEMAIL + "".join(f"{number} => 1234,User {number}\n" for number in extensions)
