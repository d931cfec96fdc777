"""An Asterisk, phones and a gateway of one story's own, for stories that would disturb all others."""

import pathlib

import lab
import phones
import world as worlds


class Elsewhere:
    """The world as it is, but for an Asterisk, phones and a gateway of one story's own."""

    worker, left_of, panel_talks = worlds.World.worker, worlds.World.left_of, worlds.World.panel_talks

    def __init__(self, world, name, edits=()):
        self.world = world
        self.phones, self.gateway = phones.Phones("127.0.0.3"), phones.Phones("127.0.0.4")
        self.asterisk = lab.AsteriskServer(world.version, pathlib.Path(world.scratch) / name, phones=self.phones.address,
                                           gateway=self.gateway.address, edits=edits)

    def __getattr__(self, name):
        return getattr(self.world, name)

    def close(self):
        self.asterisk.stop()
        self.phones.close()
        self.gateway.close()
