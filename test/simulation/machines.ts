import { type Clock, type Host, type ProcessIdentity, isEarlierLife } from '@galapagos/population';

/** What lets time pass for a process: on a timeline, or as a search of all interleavings decides. */
export interface Time {
  readonly now: number;
  after(seconds: number, act: () => void): void;
}

/** A machine on the network: it may be cut off, or lose its power. */
export class VirtualHost {
  readonly processes: VirtualProcess[] = [];
  #isCut = false;
  #boot = 1;
  #held: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly time: Time,
    /** How far its clock is off, and how much faster it goes. */
    readonly skew: { readonly seconds: number; readonly rate: number },
    /** Whether each process has a pid namespace of its own, so that none sees another. */
    readonly hasContainers: boolean,
  ) {}

  get bootId(): string {
    return `${this.name} ${this.#boot}`;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** What goes over the network: at once, or when the link is up again, as a hard mount does it. */
  overNetwork(act: () => void): void {
    if (this.#isCut) this.#held.push(act);
    else act();
  }

  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
    for (const act of this.#held.splice(0)) this.time.after(0, () => this.overNetwork(act));
  }

  /** Its processes are no more, and it is up again at once, with nobody in it. */
  losePower(options: { withServer: boolean }): void {
    this.#boot++;
    for (const process of this.processes) process.kill(options);
    if (options.withServer) this.#held = [];
  }
}

/** A task of Slurm, and how often it was queued again. */
export type SlurmTask = Required<Pick<ProcessIdentity, 'slurmJob' | 'slurmRestart'>>;

/** A process on a virtual host: a worker, a trainer, or somebody at a command line. */
export class VirtualProcess {
  readonly pid: number;
  readonly #bootId: string;
  #state: 'running' | 'stopped' | 'gone' = 'running';
  #deferred: (() => void)[] = [];
  #isForgotten = false;
  #end: () => void = () => undefined;
  /** Resolves when it is no more. */
  readonly gone = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(
    readonly host: VirtualHost,
    private readonly task?: SlurmTask,
  ) {
    this.pid = host.processes.push(this);
    this.#bootId = host.bootId;
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  /** Goes on with it: now, when it is let go on, or never. */
  deliver(act: () => void): void {
    if (this.#state === 'running') act();
    else if (this.#state === 'stopped') this.#deferred.push(act);
  }

  /** Its end, by SIGKILL or its own: whatever it waits for never comes. What it had sent may still arrive, unless the server lost power too. */
  kill({ withServer = false } = {}): void {
    this.#state = 'gone';
    this.#deferred = [];
    this.#isForgotten ||= withServer;
    this.#end();
  }

  /** Whether what it has sent never arrives. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  /** SIGCONT. */
  goOn(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    for (const act of this.#deferred.splice(0)) this.host.time.after(0, () => this.deliver(act));
  }

  get identity(): ProcessIdentity {
    return {
      host: this.host.name,
      bootId: this.#bootId,
      pidNamespace: this.host.hasContainers ? String(this.pid) : '',
      pid: this.pid,
      processStart: '1',
      ...this.task,
    };
  }

  /** What this process sees of the others of its machine. */
  get machine(): Host {
    return {
      identity: () => Promise.resolve(this.identity),
      isGone: (other) => {
        const { host, bootId, pidNamespace } = this.identity;
        const sees = other.host === host && other.bootId === bootId && other.pidNamespace === pidNamespace;
        const isSeenGone = sees && this.host.processes[other.pid - 1]?.isGone === true;
        return Promise.resolve(isSeenGone || isEarlierLife(other, this.identity));
      },
    };
  }

  /** Its clocks, which agree with nobody's. */
  get clock(): Clock {
    const { time, skew } = this.host;
    return {
      now: () => new Date(Date.UTC(2017, 2, 3) + (time.now * skew.rate + skew.seconds) * 1000),
      monotonic: () => this.pid * 1000 + time.now * skew.rate,
      sleep: (seconds, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) return resolve();
          const wake = () => {
            signal?.removeEventListener('abort', wake);
            resolve();
          };
          time.after(seconds / skew.rate, () => this.deliver(wake));
          signal?.addEventListener('abort', wake);
        }),
    };
  }
}
