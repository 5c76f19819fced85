/** A change of a name in a directory, for those who look at the same time, or out of a cache. */
export interface Change {
  readonly name: string;
  readonly at: number;
  /** The host that did it. */
  readonly by: string;
  readonly kind: 'came' | 'went';
  readonly inode: Inode;
}

/** What no cache remembers any more. */
const FORGOTTEN = 64;

export class Directory {
  readonly entries = new Map<string, Inode>();
  /** Whether its server finds nothing in it until it is renamed. */
  isUnreachable = false;
  /** The latest changes, the last one last. */
  changes: Change[] = [];

  note(change: Change): void {
    this.changes.push(change);
    if (this.changes.length > 2 * FORGOTTEN) this.changes = this.changes.slice(-FORGOTTEN);
  }
}

export class File {
  data: Uint8Array = new Uint8Array();
  links = 0;
  /** What a power cut leaves; undefined where nothing of it was ever written to the disk. */
  onDisk: Uint8Array | undefined;
  /** Who wrote what is not on disk yet, and when; undefined where everything is. */
  dirty: { readonly host: string; readonly since: number } | undefined;
  /** When it was last written, and from which host, for those who read out of a cache. */
  written: { readonly at: number; readonly by: string } | undefined;
}

export type Inode = Directory | File;

/** A name in a directory. */
export interface Place {
  readonly directory: Directory;
  readonly name: string;
}

/** What an error of this name says in Node, which has none for some. */
export function systemCode(code: string): { readonly code: string; readonly errno?: number } {
  const errno = { ESTALE: -116, EDQUOT: -122 }[code];
  return errno === undefined ? { code } : { code: `Unknown system error ${errno}`, errno };
}

/** An error as Node's. */
export function failure(code: string, path: string): NodeJS.ErrnoException {
  // A trace of calls costs more than all the rest of an operation.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: simulated, '${path}'`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, systemCode(code));
}
