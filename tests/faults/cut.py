#!/usr/bin/env python3
"""Cuts journals of end-to-end runs to one call each, anonymised, for tests/faults/recorded.

    tests/faults/cut.py LABEL JOURNAL…        writes recorded/LABEL-NN-OUTCOME-ENDED_BY.jsonl beside this script

A call whose facts came in an order that was met before is left out: fifty calls of one story are one scenario for each
order that Asterisk really sent. What stays is what the world did, and the finished record; what the worker asked follows from it.
"""

import json
import pathlib
import re
import sys

KEPT = {"panel_arrived", "panel_left", "leg_ringing", "leg_answered", "leg_ended", "key_pressed", "pbx_refused", "accounts_found",
        "flat_unknown", "crm_failed", "panel_described", "push_answered", "push_failed", "account_registered"}


def calls_of(path):
    """The header's rules, and the lines of every call that arrived and finished under them."""
    header, calls, by_channel = None, {}, {}
    for text in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "journal" in line:
            header = line
        elif line.get("retold"):
            continue                # A call that arrived in a file before.
        elif line.get("fact") == "rules_changed" or line.get("fact") == "memory_recalled":
            return header, {}       # One set of rules and one life: the others are stories of their own.
        elif line.get("fact") == "panel_arrived":
            calls[line["call"]] = [line]
            by_channel[line["channel"]] = line["call"]
        elif line.get("fact") == "account_registered":
            for lines in calls.values():
                if lines[-1].get("do") != "finish" and f'"{line["account"]}"' in json.dumps(lines):
                    lines.append(line)
        else:
            call = line.get("call") or by_channel.get(line.get("channel"))
            if call in calls and (line.get("fact") in KEPT or line.get("do") in ("dial", "finish")):
                calls[call].append(line)
    return header, {call: lines for call, lines in calls.items() if lines[-1].get("do") == "finish"}


def shape(lines):
    """The order of the facts, without times and names."""
    return "\n".join(f'{line.get("fact", "")}{line.get("leg", "")}{line.get("cause", "")}{line.get("status", "")}'
                     for line in lines) + lines[-1]["outcome"] + lines[-1]["ended_by"]


def anonymous(text):
    """Accounts, panels and houses of nobody: the first one met is 1, the next 2."""
    names = {}

    def other(kind, old):
        return names.setdefault((kind, old), len([k for k in names if k[0] == kind]) + 1)

    text = re.sub(r'"House of [^"]*"', '"A house"', text)
    text = re.sub(r'"(d-)[^"]*"', lambda m: f'"d{other("device", m.group(0))}"', text)
    text = re.sub(r'"(account|answered_by)":"([^"]+)"',
                  lambda m: f'"{m.group(1)}":"7900{other("account", m.group(2)):07}"', text)
    return re.sub(r'"panel":"([^"]+)"', lambda m: f'"panel":"500{other("panel", m.group(1))}"', text)


def main():
    label, journals = sys.argv[1], sys.argv[2:]
    into = pathlib.Path(__file__).parent / "recorded"
    into.mkdir(exist_ok=True)
    seen, number = set(), 0
    for path in journals:
        header, calls = calls_of(path)
        for lines in calls.values():
            if shape(lines) in seen:
                continue
            seen.add(shape(lines))
            number += 1
            header.update(node="recorded", run=header["opened_at"], seq=1)
            kept = [header] + [line for line in lines if line.get("do") != "dial"]
            text = anonymous("".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in kept))
            end = lines[-1]
            (into / f'{label}-{number:02}-{end["outcome"]}-{end["ended_by"]}.jsonl').write_text(text, encoding="utf-8")
    print(f"{label}: {number} calls")


if __name__ == "__main__":
    main()
