"""Asterisk with chan_pjsip, tuned for load, in a chroot: its start and its files.

Tuned means: few modules, no call records, no manager, errors only in the log, messages that nobody
reads not published, its database in memory. bridge_native_rtp, its fastest relay, is loaded; media
stays with the switch (direct_media=no), as with the others.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.load.peers.asterisk_phones import pjsip, voicemail
from bench.load.peers.chroot import Peer, need, started, wait_for
from bench.switch import HOST, RTP_PORTS, free_port

PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")
PROGRAMS = ("sbin/asterisk",)
CONFIGURATION = "etc/asterisk-bench"
SPOOL = "var/spool/asterisk/voicemail"
MODULES = """
    res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject
    res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_sdp_rtp res_pjsip_registrar
    res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_caller_id
    res_pjsip_dtmf_info res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip bridge_simple
    bridge_native_rtp bridge_builtin_features codec_ulaw codec_alaw codec_gsm format_pcm format_wav
    format_gsm pbx_config app_dial app_voicemail app_echo app_playback func_callerid func_channel
"""
"""Of some 360."""
UNREAD = """
    ast_channel_varset_type ast_channel_chanspy_start_type ast_channel_chanspy_stop_type
    ast_channel_dtmf_begin_type ast_channel_dtmf_end_type ast_channel_moh_start_type
    ast_channel_moh_stop_type ast_channel_monitor_start_type ast_channel_monitor_stop_type
    ast_channel_hangup_handler_push_type ast_channel_hangup_handler_pop_type ast_rtp_rtcp_sent_type
    ast_rtp_rtcp_received_type ast_security_event_type ast_call_pickup_type
    ast_named_acl_change_type ast_network_change_type ast_system_registry_type
    ast_device_state_message_type ast_presence_state_message_type ast_test_suite_message_type
    cdr_sync_message_type cel_generic_type
"""
"""Kinds of internal message that need not be made."""
DIALPLAN = """
[general]
static = yes
writeprotect = yes
[internal]
exten => _1XXX,1,Dial(PJSIP/${EXTEN},30)
 same => n,VoiceMail(${EXTEN}@default,s)
 same => n,Hangup()
"""
"""Voicemail without its greeting: the beep, and the message."""
OFF = {"cdr.conf": "enable", "cel.conf": "enable"} | dict.fromkeys(
    ("manager.conf", "http.conf", "ari.conf"), "enabled"
)
EMPTY = ("features", "acl", "udptl", "pjproject", "indications", "codecs", "dnsmgr", "enum")


@contextmanager
def running(root: Path, extensions: range) -> Iterator[Peer]:
    """Asterisk, ready for phones. Raises PeerMissing."""
    need(root, PROGRAMS, "asterisk")
    address = HOST, free_port(HOST)
    folder = root / CONFIGURATION
    folder.mkdir(exist_ok=True)
    modules = next((root / "usr/lib").glob("*/asterisk/modules")).relative_to(root)
    for name, text in configuration(address, extensions, f"/{modules}").items():
        (folder / name).write_text(text)
    shutil.rmtree(root / SPOOL / "default", ignore_errors=True)
    log = root / "asterisk.log"
    command = ["asterisk", "-C", f"/{CONFIGURATION}/asterisk.conf", "-f", "-q"]
    with started(root, command, log) as pid:
        wait_for(address, log)
        yield Peer(address, (pid,), root / SPOOL)


def configuration(
    address: tuple[str, int], extensions: Sequence[int], modules: str
) -> dict[str, str]:
    """The text of each file. `modules` is the folder of Asterisk's modules."""
    first, _, last = RTP_PORTS.partition("-")
    rtp = {"rtpstart": first, "rtpend": last, "rtpchecksums": "no", "icesupport": "no"}
    threads = {"initial_size": 4, "idle_timeout_sec": 0, "max_size": 50}
    declined = "".join(f"decline = {kind}\n" for kind in UNREAD.split())
    return {
        "asterisk.conf": _main(modules),
        "logger.conf": section("general") + section("logfiles", messages="error"),
        "modules.conf": section("modules", autoload="no")
        + "".join(f"load = {module}.so\n" for module in MODULES.split()),
        "rtp.conf": section("general", strictrtp="yes", **rtp),
        "stasis.conf": section("threadpool", **threads)
        + section("declined_message_types")
        + declined,
        "extensions.conf": DIALPLAN,
        "voicemail.conf": voicemail(extensions),
        "pjsip.conf": pjsip(address, extensions),
        **{name: section("general", **{word: "no"}) for name, word in OFF.items()},
        **{f"{name}.conf": "" for name in EMPTY},
    }


def section(name: str, **settings: object) -> str:
    """A section of a file."""
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    return f"[{name}]\n{lines}"


def _main(modules: str) -> str:
    folders = {
        "astetcdir": f"/{CONFIGURATION}",
        "astmoddir": modules,
        "astvarlibdir": "/var/lib/asterisk",
        "astkeydir": "/var/lib/asterisk",
        "astdatadir": "/usr/share/asterisk",
        "astspooldir": "/var/spool/asterisk",
        "astcachedir": "/tmp",
        "astdbdir": "/tmp",
        "astrundir": "/tmp",
        "astlogdir": "/tmp",
    }
    options = {
        "verbose": 0,
        "debug": 0,
        "nocolor": "yes",
        "maxfiles": 20_000,
        "dumpcore": "no",
        "transmit_silence": "no",
        "cache_media_frames": "yes",
    }
    text = section("directories", **folders).replace(" = ", " => ")
    return text + section("options", **options)
