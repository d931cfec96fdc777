#!/usr/bin/env python3
"""The end-to-end tests: `tdctl serve-ari` on a real Asterisk, SIPp as panels, our phones as residents.

    TDCTL_BINARY=build/tdctl tests/e2e/run.py [--asterisk 22|16] [-k WORD]… [--jobs N] [--list] [--keep]

Stories run side by side, as each has panels and flats of its own; at the end of all of them the whole world is looked at
once more. What a component that is missing means is a failure, never a skip.
"""

import argparse
import concurrent.futures
import os
import sys
import time
import traceback
import unittest

import world as worlds
import asterisk_stories
import door_stories
import flat_stories
import nodes_stories
import panel_stories
import phone_stories
import recall_stories
import slow_stories
import succession_stories
import worker_stories
from session import Session

MODULES = [asterisk_stories, door_stories, flat_stories, nodes_stories, panel_stories, phone_stories, recall_stories,
           slow_stories, succession_stories, worker_stories]


def all_stories(version, words):
    """Every test of the modules that this Asterisk can tell, the ones that must be alone last."""
    loader = unittest.TestLoader()
    stories = [story for module in MODULES for case in loader.loadTestsFromModule(module) for story in case]
    wanted = [story for story in stories if version in story.releases and (not words or any(word in story.id() for word in words))]
    return sorted(wanted, key=lambda story: story.alone)


def plain(story):
    """test_the_visitor_gives_up -> "the visitor gives up"."""
    return story.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")


def tell(story):
    """Runs one story; gives back its complaints."""
    began, result = time.monotonic(), unittest.TestResult()
    story.run(result)
    complaints = [text for _, text in result.errors + result.failures]
    complaints += [f"{plain(story)} was skipped" for _ in result.skipped]
    print(f"{'FAILED' if complaints else 'ok'} {time.monotonic() - began:5.1f} s  {plain(story)}", flush=True)
    return [f"{plain(story)}\n{text}" for text in complaints]


def look_back(world):
    """What must be true of the whole world once all stories are over."""
    complaints = []

    def must(truth, words):
        if not truth:
            complaints.append(words)

    left = world.asterisk.wait_empty()
    must(left == (0, 0), f"Asterisk still has {left[0]} channels and {left[1]} bridges:\n{world.asterisk.cli('core show channels')}"
                         f"{world.asterisk.cli('bridge show all')}")
    must(world.asterisk.process.poll() is None, "Asterisk has ended by itself")
    must(not (live := worlds.over(world.phones.live)), f"phones still ring or talk: {live}")
    for (worker, panel), wanted in world.calls.items():
        found = len(worker.records_of(panel))
        must(found == wanted, f"panel {panel} of worker {worker.scratch.name} has {found} finished records, not {wanted}")
    for worker in world.workers:
        name = worker.scratch.name
        if worker not in world.unwatched:
            errors = [line for line in worker.errors() if not any(words in line for words in world.tolerated)]
            must(not errors, f"worker {name} logged errors:\n" + "\n".join(errors[:20]))
            # The three are written by threads of their own, so one may be a moment behind.
            must(not (difference := worlds.over(lambda each=worker: books_disagree(each))), f"worker {name}: {difference}")
        else:
            reports = [line for line in worker.errors() if worlds.workers.SANITIZER.search(line)]
            must(not reports, f"worker {name}:\n" + "\n".join(reports))
    return complaints


def books_disagree(worker):
    """Journal, spool and metrics tell of the same calls; the words of the difference, or "" when there is none."""
    records = [record["call"] for record in worker.records()]
    journal = worker.journal()
    arrived = [line["call"] for line in journal if line.get("fact") == "panel_arrived"]
    finished = [line["call"] for line in journal if line.get("do") == "finish"]
    if worker.lives > 1:        # A run that remembers tells the whole of a living call once more.
        arrived, finished = set(arrived), set(finished)
    if not sorted(records) == sorted(arrived) == sorted(finished):
        return (f"{len(arrived)} calls arrived in the journal, {len(finished)} finished there, {len(records)} have a record; "
                f"the difference: {sorted(set(records) ^ set(arrived) | set(records) ^ set(finished))}")
    if worker.process.poll() is None and worker.lives == 1:
        samples = worker.metrics()
        counted = sum(value for name, value in samples.items() if name.startswith('tdctl_calls_finished_total{kind="door"'))
        if counted != len(records) or samples["tdctl_calls_active"] or samples["tdctl_legs_active"]:
            return f"the metrics count {counted} calls of {len(records)}, {samples['tdctl_calls_active']} of them still active"
    return ""


def stop_workers(world):
    complaints = []
    for worker in world.workers:
        if worker.process and worker.process.poll() is None and worker not in world.unwatched:
            status = worker.stop()
            if status:
                complaints.append(f"worker {worker.scratch.name} ended with {status}:\n{worker.log()[-3000:]}")
    return complaints


def run(version, stories, jobs, scratch):
    world = worlds.World(version, scratch)
    complaints = []
    try:
        world.start()
        side_by_side = [story for story in stories if not story.alone]
        # A process that a thread started dies with that thread: the threads live until every worker was told to stop.
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for told in pool.map(tell, side_by_side):
                complaints += told
            complaints += look_back(world)
            for story in stories:
                if story.alone:
                    complaints += tell(story)
            complaints += stop_workers(world)
        complaints += look_back(world)
        if not complaints:
            print(f"Asterisk logged {len(world.asterisk.log().splitlines())} warnings and errors", flush=True)
    except Exception:  # pylint: disable=broad-except
        complaints.append(traceback.format_exc())
    finally:
        world.close()
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asterisk", default=os.environ.get("TDCTL_ASTERISK", "22"), choices=["16", "22"])
    parser.add_argument("-k", dest="words", action="append", default=[], help="only stories with this word in their name")
    parser.add_argument("--jobs", type=int, default=6, help="stories at the same time")
    parser.add_argument("--list", action="store_true", help="only name the stories")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory")
    given = parser.parse_args()
    stories = all_stories(given.asterisk, [word.replace(" ", "_") for word in given.words])
    if given.list or not stories:
        print("\n".join(plain(story) for story in stories) or "no such story")
        return 0 if stories else 2
    session = Session("e2e", given.keep)
    what = f"{len(stories)} stories on Asterisk {given.asterisk}"
    print(f"{what}, {given.jobs} at a time", flush=True)
    return session.close(what, run(given.asterisk, stories, given.jobs, session.scratch))


if __name__ == "__main__":
    sys.exit(main())
