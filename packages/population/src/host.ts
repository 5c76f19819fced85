/** Where a process runs, so that another on the same host can see whether it still does. */
export interface ProcessIdentity {
  readonly host: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  readonly processStart: string;
}

/** The machine that a worker runs on, as an argument. */
export interface Host {
  /** This very process. */
  identity(): Promise<ProcessIdentity>;
  /** True when that process certainly is no more; false when it lives, or when one cannot tell. */
  isGone(process: ProcessIdentity): Promise<boolean>;
}

/** A host that can tell nothing of other processes: then only leases count. */
export const unknowingHost: Host = {
  identity: () => Promise.resolve({ host: '', bootId: '', pidNamespace: '', pid: 0, processStart: '' }),
  isGone: () => Promise.resolve(false),
};
