/** Where a command writes: data to `out`, everything else to `err`. */
export interface Terminal {
  /** A line of data. */
  out(line: string): void;
  /** A line of news. */
  err(line: string): void;
  /** Replaces the line that was shown last in the same way; where there is no terminal nothing is shown. */
  status(line: string): void;
  /** Whether a person is watching `err`. */
  readonly isWatched: boolean;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  let shown = false;
  const clear = () => {
    if (shown) stderr.write('\r\x1b[2K');
    shown = false;
  };
  return {
    isWatched: stderr.isTTY,
    out: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    err: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    status: (line) => {
      if (!stderr.isTTY) return;
      stderr.write(`\r\x1b[2K${line.slice(0, stderr.columns - 1)}`);
      shown = true;
    },
  };
}
