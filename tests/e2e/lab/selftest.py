#!/usr/bin/env python3
"""Does the lab itself work? A plain Dial() through a real Asterisk, with SIPp as the panel and our phones.

    tests/e2e/lab/selftest.py [22|16]...

No worker runs, so this also shows the example dialplan's last resort: the flat and 112 still ring.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import kamailio
import lab
import phones


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, wanted {wanted!r}")
    print(f"ok: {what}", flush=True)


def story(version, scratch):
    with phones.Phones("127.0.0.3") as flats, phones.Phones("127.0.0.4") as gateway, \
            lab.AsteriskServer(version, scratch / "asterisk", phones=flats.address, gateway=gateway.address) as asterisk:
        flats.set("12", phones.Phone(ring_after=0.05, answer_after=0.3))
        flats.set("13", phones.Phone())
        flats.set("14", phones.Phone(status=486))
        flats.set("5001", phones.Phone(answer_after=0.1))
        gateway.set("112", phones.Phone(answer_after=0.1, hang_up_after=0.3))
        panel = {"target": asterisk.sip, "scratch": scratch}

        with lab.Capture(scratch, f"udp port {asterisk.sip[1]}") as wire:
            lab.Sipp("panel", service="12", hold=0.5, **panel).check()
        expect("the panel's INVITE, the phone's 180 and 200 are on the wire",
               [m.status for m in wire.sip() if m.target[0] == "127.0.0.2" and m.status and m.method == "INVITE"
                and m.status != 100], [180, 200])
        lab.Sipp("panel-cancels", service="13", hold=0.2, **panel).check()
        expect("the CANCEL arrives", flats.cancel("13").method, "CANCEL")
        lab.Sipp("panel-refused", service="14", **panel).check()
        lab.Sipp("panel-refused", service="15", name="unknown-flat", edits=[("486", "404")], **panel).check()
        lab.Sipp("panel-refused", service="12,9", name="comma", edits=[("486", "484")], **panel).check()
        lab.Sipp("panel-refused", service="12", name="odd-panel", keys={"panel": "50,01"}, edits=[("486", "484")],
                 **panel).check()
        expect("an odd flat or panel rings nobody", len(flats.requests("INVITE", "12")), 1)
        lab.Sipp("panel-waits", service="112", name="emergency", **panel).check()
        expect("112 leaves through the gateway", gateway.requests("INVITE")[0].user, "112")
        lab.Sipp("callback", service="79990001122", address=flats.address[0], hold=0.3, keys={"panel": "5001"},
                 **panel).check()
        expect("a callback through Kamailio reaches the panel", flats.invite("5001").user, "5001")
        lab.Sipp("panel-refused", service="79990001122", address=gateway.address[0], name="gateway-itself",
                 edits=[("486", "403"), ("Max-Forwards: 70", "X-Td-Panel: 5001\n      Max-Forwards: 70")], **panel).check()
        expect("a gateway names no panel itself", len(flats.requests("INVITE", "5001")), 1)
        lab.Sipp("panel-refused", service="14", name="hyphen", keys={"panel": "entrance-2"}, **panel).check()
        expect("a panel may have a hyphen", len(flats.requests("INVITE", "14")), 2)
        flats.set("112", phones.Phone(status=486))
        lab.Sipp("panel-refused", service="0112", name="flat-112", **panel).check()
        expect("a flat with the number of the emergency service is dialled with a 0", flats.invite("112").user, "112")
        asterisk.ari("POST", "channels?endpoint=PJSIP/kamailio/sip:7@panel-5001&app=none&timeout=1")
        expect("a handset probe reaches Kamailio with the panel as its host",
               flats.invite("7").start, "INVITE sip:7@panel-5001 SIP/2.0")
        expect("ARI lets tdctl in", asterisk.ari("GET", "applications"), [])
        expect("no channel and no bridge is left", asterisk.wait_empty(), (0, 0))
        expect("no phone is left ringing", flats.live() + gateway.live(), [])


def joined(version, scratch):
    """Both examples together: panel, phone and gateway on a real Kamailio with a real Asterisk behind it."""
    port = lab.free_port(kind=lab.socket.SOCK_STREAM)
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(scratch)],
                             stdout=subprocess.DEVNULL, preexec_fn=lab.die_with_parent)
    proxy = kamailio.Kamailio(scratch / "kamailio", asterisks=[], redis_port=port)
    with phones.Phones("127.0.0.4") as gateway, phones.Phones("127.0.0.2") as homes, \
            lab.AsteriskServer(version, scratch / "joined", phones=proxy.address, gateway=gateway.address,
                               panels="127.0.0.10") as asterisk:
        proxy.write_dispatcher([asterisk.sip], [gateway.address])
        for user in ("entrance-2", "12"):
            proxy.add_subscriber(user, "secret")
        with proxy:
            for user in ("entrance-2", "12"):
                expect(f"{user} registers", homes.register(user, proxy.address, "secret"), 200)
            homes.set("12", phones.Phone(ring_after=0.05, answer_after=0.2))
            homes.set("entrance-2", phones.Phone(answer_after=0.1))
            gateway.set("112", phones.Phone(answer_after=0.1, hang_up_after=0.3))
            panel = {"target": proxy.address, "scratch": scratch, "keys": {"panel": "entrance-2"}}
            lab.Sipp("panel", service="12", hold=0.3, name="joined-door", **panel).check()
            expect("a door call goes through Kamailio both ways", homes.invite("12").header("From").count("entrance-2") > 0, True)
            lab.Sipp("panel-waits", service="112", name="joined-112", **panel).check()
            expect("112 leaves", gateway.invite("112").user, "112")
            subprocess.run(["redis-cli", "-p", str(port), "SET", "td:sos:route:79990001122", "entrance-2"], check=True,
                           stdout=subprocess.DEVNULL)
            lab.Sipp("callback", service="89990001122", address="127.0.0.4", hold=0.3, target=proxy.address, scratch=scratch,
                     name="joined-callback", keys={"panel": "12"}).check()
            expect("a callback rings the panel", homes.invite("entrance-2").user, "entrance-2")
            lab.Sipp("panel-refused", service="89990001123", address="127.0.0.4", target=proxy.address, scratch=scratch,
                     name="joined-unknown", edits=[("486", "404")]).check()
            expect("no channel and no bridge is left", asterisk.wait_empty(), (0, 0))
            time.sleep(0.2)
            expect("no phone is left ringing", homes.live() + gateway.live(), [])
    lab.stop(redis)


if __name__ == "__main__":
    for version in sys.argv[1:] or ["22"]:
        with tempfile.TemporaryDirectory(prefix="tdctl-lab-") as scratch:
            print(f"Asterisk {version}", flush=True)
            story(version, pathlib.Path(scratch))
            joined(version, pathlib.Path(scratch))
