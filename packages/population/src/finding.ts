import type { AliveEntry, Entry } from './layout.js';

/** Something about a directory that a person should know. */
export interface Finding {
  /** `error`: a promise is broken; `warning`: will not mend itself; `note`: harmless, or the next worker mends it. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly path: string;
  readonly problem: string;
  readonly fix: string;
  /** How it can be mended without guessing; absent where that is a person's decision, or needless. */
  readonly repair?: Repair;
}

export type Repair =
  /**
   * What lies at these paths is moved into `lost+found/`, each with the reason: nothing is deleted. Not without the
   * one that it is to be left to, where there is such a one, and that whole.
   */
  | { readonly kind: 'set-aside'; readonly paths: readonly string[]; readonly leavesTo?: Entry }
  /** One that was never recorded goes among the dead, to be recorded as they are. */
  | { readonly kind: 'record'; readonly entry: AliveEntry }
  /** Cleared away as any worker would. */
  | { readonly kind: 'sweep' };

/** What a repair does, in words. */
export function repairInWords(repair: Repair): string {
  switch (repair.kind) {
    case 'set-aside':
      return `moves ${repair.paths.join(', ')} into lost+found/`;
    case 'record':
      return 'moves it to dead/, where the next collection records it';
    case 'sweep':
      return 'clears it away, and records what is to be recorded';
  }
}
