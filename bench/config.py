"""A configuration for load tests, on standard output: `python -m bench.config --extensions 200`.

Extensions from 1000 on, password `pw` and the number, as many calls at once as the load likes.
"""

import argparse

FIRST = 1000


def configuration(
    extensions: int,
    listen: str,
    rtp: str,
    log: str,
    *,
    mailboxes: range = range(0),
    greeting: str = "",
    mail: str = "",
) -> str:
    """The YAML text. Some extensions have `mailboxes`, where callers hear the file `greeting`, and
    whose messages go to the `mail` server, host and port, if there is one.

    The others have none, and so no lamp that their phones would be told of.
    """
    mailed = ", on_message: both" if mail else ""
    mailbox = f", voicemail: {{enabled: on, greeting: {greeting}{mailed}}}"
    if mail:
        mailbox += ", email: owner@example.net"
    sends = f"mail: {{from: pbx@example.net, server: {mail}, tls: none}}\n" if mail else ""
    users = "".join(
        f'  {number}: {{password: "pw{number}"{mailbox if number in mailboxes else ""}}}\n'
        for number in range(FIRST, FIRST + extensions)
    )
    return (
        f'network: {{sip: {{udp: "{listen}", tcp: "{listen}"}}, rtp: {rtp}}}\n'
        f"defaults: {{max_calls: 10000, max_devices: 5, voicemail: off}}\n"
        f"log: {{level: {log}}}\n{sends}"
        f"users:\n{users}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extensions", type=int, default=200)
    parser.add_argument("--listen", default="127.0.0.1:5060", help="address and port for SIP")
    parser.add_argument("--rtp", default="30000-39999", help="ports for media")
    parser.add_argument("--log", default="warning", help="log level")
    arguments = parser.parse_args()
    print(
        configuration(arguments.extensions, arguments.listen, arguments.rtp, arguments.log), end=""
    )


if __name__ == "__main__":
    main()
