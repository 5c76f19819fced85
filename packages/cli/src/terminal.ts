/** Where a command writes: data to `out`, everything else to `err`. */
export interface Terminal {
  /** A line of data. */
  out(line: string): void;
  /** A line of news. */
  err(line: string): void;
  /** Replaces the line that was shown last in the same way; where there is no terminal nothing is shown. */
  status(line: string): void;
  /** Shows lines on `out` from the top of the screen, each over the one that was there, so that nothing flickers. */
  screen(lines: readonly string[]): void;
  /** Whether a person is watching `err`. */
  readonly isWatched: boolean;
  /** How wide `out` is, where it is a terminal; a pipe takes lines of any length. */
  readonly columns: number | undefined;
  /** How high it is. */
  readonly rows?: number | undefined;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  let shown = false;
  let before = '\x1b[2J';
  const clear = () => {
    if (shown) stderr.write('\r\x1b[2K');
    shown = false;
  };
  return {
    isWatched: stderr.isTTY,
    // Asked anew each time: a window changes its size. One that does not know it says 0.
    get columns() {
      return stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined;
    },
    get rows() {
      return stdout.isTTY && stdout.rows > 0 ? stdout.rows : undefined;
    },
    out: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    err: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    screen: (lines) => {
      stdout.write(`${before}\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J\n`);
      before = '';
    },
    status: (line) => {
      if (!stderr.isTTY) return;
      clear();
      // One column is left free: a full line would wrap, and could not be replaced.
      stderr.write(stderr.columns > 0 ? line.slice(0, stderr.columns - 1) : line);
      shown = line !== '';
    },
  };
}
