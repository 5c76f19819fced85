import type { Terminal } from './terminal.js';

/** Controls but tab and newline (and the return that ends a line of CSV), and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex -- Controls are what it is about.
const CONTROL = /\r(?!\n|$)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text that says nothing to a terminal but what it shows: each control as JSON would escape it, so that within JSON it
 * says the same.
 */
export function visible(text: string): string {
  return text.replace(CONTROL, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A terminal to which whatever a directory holds can be shown. */
export function visibly(terminal: Terminal): Terminal {
  return {
    out: (line) => terminal.out(visible(line)),
    err: (line) => terminal.err(visible(line)),
    status: (line) => terminal.status(visible(line)),
    screen: (lines) => terminal.screen(lines.map(visible)),
    isWatched: terminal.isWatched,
    get columns() {
      return terminal.columns;
    },
    get rows() {
      return terminal.rows;
    },
  };
}
