"""Debian's Kamailio as a proxy in front of phones: all their SIP goes through it.

It adds itself to the path of registrations (RFC 3327) and to the route of calls (RFC 3261 §16.6),
and knows nothing else: who may call whom, the switch says. Phones come over UDP, browsers over
WebSockets (RFC 7118), whose contacts nobody can resolve: for those it notes where they came from.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from tests.support.ports import free_port
from tests.support.switch import Switch

PROGRAM = "/usr/sbin/kamailio"
MODULE = "*/kamailio/modules/websocket.so"
START = 5.0
"""Seconds."""

CONFIGURATION = """
listen=udp:{address}
children=1
tcp_children=1
listen=tcp:{web}
tcp_accept_no_cl=yes
log_stderror=yes
auto_aliases=no
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "path.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "nathelper.so"
modparam("path", "use_received", 1)

event_route[xhttp:request] {{
    set_reply_close();
    set_reply_no_connect();
    if ($hdr(Upgrade) =~ "websocket" && ws_handle_handshake()) exit;
    xhttp_reply("404", "Not Found", "", "");
}}

onreply_route {{
    if (proto == WS) add_contact_alias();
}}

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (proto == WS) {{
        force_rport();
        if (!is_method("REGISTER")) add_contact_alias();
    }}
    if (has_totag()) {{
        if (loose_route()) {{ handle_ruri_alias(); t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not Here");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (proto == WS) add_path_received();
        else add_path();
        $du = "sip:{switch}";
        t_relay();
        exit;
    }}
    loose_route();
    if (is_method("INVITE|SUBSCRIBE")) record_route();
    if ($si + ":" + $sp != "{switch}") $du = "sip:{switch}";
    t_relay();
}}
"""


class Kamailio:
    """One proxy; `sip` is where phones send to, and `web` where browsers do."""

    def __init__(self, switch: Switch, folder: Path) -> None:
        if not Path(PROGRAM).exists() or not any(Path("/usr/lib").glob(MODULE)):
            reason = "Kamailio is not installed (Debian: kamailio, kamailio-websocket-modules)"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        self.sip = f"127.0.0.1:{free_port()}"
        self.web = f"127.0.0.1:{free_port()}"
        self._log_file = folder / "kamailio.log"
        file = folder / "kamailio.cfg"
        file.write_text(CONFIGURATION.format(address=self.sip, web=self.web, switch=switch.sip))
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-f", str(file), "-DD", "-E", "-m", "16", "-M", "4", "-Y", str(folder)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def __enter__(self) -> Self:
        end = time.monotonic() + START
        bound = f"0100007F:{int(self.sip.partition(':')[2]):04X}"
        while bound not in Path("/proc/net/udp").read_text():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(START)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        return self._log_file.read_text(errors="replace")
