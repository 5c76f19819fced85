"""What a worker and the benchmark say to each other: see session.mjs."""

import json
import os
import random
import sys
import threading
import time

BITS = [bin(nibble).count("1") for nibble in range(16)]
CHOICES = ("a", "b", "c", "d")


def fitness(nibbles):
    """The share of ones in 64 bits, plus noise: the objective of all tools."""
    noise = (random.random() - 0.5) * 0.02
    return min(1.0, max(0.0, sum(BITS[nibble] for nibble in nibbles) / 64 + noise))


class Session:
    def __init__(self):
        self.tells = "--tell" in sys.argv
        self.until_trials = int(sys.argv[sys.argv.index("--until") + 1]) if "--until" in sys.argv else None
        self.done = 0
        self.counted = 0
        self.window = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in sys.stdin:
            now = time.monotonic()
            self.window = (now, now + float(line.split()[1]), time.process_time())

    def finished(self):
        self.done += 1
        if self.tells:
            say("1")
        elif self.done == 1:
            say("first")
        elif self.done % 100 == 0:
            say("100")
        if self.until_trials is not None and self.done >= self.until_trials:
            os._exit(0)
        if self.window is None:
            return None
        _, until, cpu = self.window
        if time.monotonic() <= until:
            self.counted += 1
            return None
        say(json.dumps({"trials": self.counted, "cpu": time.process_time() - cpu}))
        os._exit(0)


def say(line):
    print(line, flush=True)
