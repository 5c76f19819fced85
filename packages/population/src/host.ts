/** Where a process runs, so that another on the same host can see whether it still does. */
export interface ProcessIdentity {
  readonly host: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  readonly processStart: string;
  /** The task of Slurm in which it runs: `123_4` of an array job, or `123`; null outside of Slurm. */
  readonly slurmJob?: string | null | undefined;
  /** How often that task had been queued again before. */
  readonly slurmRestart?: number | null | undefined;
}

/** The machine that a worker runs on, as an argument. */
export interface Host {
  /** This very process. */
  identity(): Promise<ProcessIdentity>;
  /**
   * True when that process is no more, as far as this machine or Slurm can tell; false when it lives, or when neither can.
   * Slurm queues a task again once its earlier life is over; where it lives on, on a host that was cut off, its tenure
   * ends all the same.
   */
  isGone(process: ProcessIdentity): Promise<boolean>;
}

/** A host that can tell nothing of other processes: then only leases count. */
export const unknowingHost: Host = {
  identity: () => Promise.resolve({ host: '', bootId: '', pidNamespace: '', pid: 0, processStart: '' }),
  isGone: () => Promise.resolve(false),
};
