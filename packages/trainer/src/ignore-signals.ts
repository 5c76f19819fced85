// A terminal's Ctrl-C, its closing, and Slurm's signals reach every process of a group. What is to be done is the
// worker's to say: the trainer ends when it is told to, or when the worker is gone.

// A module of its own, and the first that the child imports: loading the rest takes a while.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
  process.on(signal, () => undefined);
}
