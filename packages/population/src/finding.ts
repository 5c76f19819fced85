/** Something about a directory that a person should know. */
export interface Finding {
  /** `error`: a promise is broken; `warning`: will not mend itself; `note`: harmless, or the next worker mends it. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly path: string;
  readonly problem: string;
  readonly fix: string;
}
