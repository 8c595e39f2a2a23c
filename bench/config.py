"""A configuration for load tests, on standard output: `python -m bench.config --extensions 200`.

Extensions from 1000 on, password `pw` and the number, as many calls at once as the load likes.
"""

import argparse

FIRST = 1000


def configuration(extensions: int, listen: str, rtp: str, log: str, greeting: str = "") -> str:
    """The YAML text; `greeting` is the file that callers hear in voicemail before the beep.

    Without one there is no voicemail, and so no lamp that phones would be told of.
    """
    users = "".join(
        f'  {number}: {{password: "pw{number}"}}\n' for number in range(FIRST, FIRST + extensions)
    )
    voicemail = f"{{greeting: {greeting}}}" if greeting else "off"
    return (
        f'network: {{sip: {{udp: "{listen}", tcp: "{listen}"}}, rtp: {rtp}}}\n'
        f"defaults: {{max_calls: 10000, max_devices: 5, voicemail: {voicemail}}}\n"
        f"log: {{level: {log}}}\n"
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
