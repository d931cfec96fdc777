"""How a program of these tests begins and ends: a scratch directory, the time it took, what it complains of."""

import pathlib
import shutil
import tempfile
import time


class Session:
    def __init__(self, name, keep):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"tdctl-{name}-"))
        self.began, self.keep = time.monotonic(), keep

    def close(self, what, complaints):
        """Says how it went; the scratch directory stays when there is anything to look for. The exit status."""
        for complaint in complaints:
            print(f"\n{complaint}", flush=True)
        print(f"{what}, {len(complaints)} complaints, {time.monotonic() - self.began:.0f} s", flush=True)
        if complaints or self.keep:
            print(f"what everybody wrote is in {self.scratch}")
        else:
            shutil.rmtree(self.scratch)
        return 1 if complaints else 0
