import {
  type LeftWorkers,
  type Liveness,
  type Membership,
  type Population,
  type Site,
  type Totals,
  type WorkerName,
  summarizeWorkers,
  unknowingHost,
} from '@galapagos/population';

/** Failures in a row after which a worker distrusts its machine. */
const FAILURE_LIMIT = 5;

/** What the other workers have done by some time, where they are. */
interface Others {
  readonly site: Site;
  readonly published: number;
  readonly failures: number;
}

/**
 * Whether it is the machine that is sick. Trainings that fail in a row may be the individuals' fault, or the
 * machine's: it is the machine's where it fails what others succeed at.
 */
export class Suspicion {
  #inARow = 0;
  readonly #left: LeftWorkers = new Map();
  #before = new Map<WorkerName, Others>();

  constructor(
    private readonly population: Population,
    private readonly me: Membership,
    private readonly site: Site,
    private readonly liveness: Liveness,
  ) {}

  /** A training has ended as it should. */
  allay(): void {
    this.#inARow = 0;
  }

  /** A training has failed. @returns Whether so many have in a row that this worker is to leave. */
  async raise(): Promise<boolean> {
    if (this.#inARow++ === 0) this.#before = await this.#lookAtOthers();
    return this.#inARow >= FAILURE_LIMIT;
  }

  /**
   * What is sick, and why we think so: this device, or this machine where no device is known. Undefined where others
   * succeed on it, where nobody ever did elsewhere, or where they fail now as we do.
   */
  async diagnose(failure: string): Promise<{ site: Site; reason: string } | undefined> {
    const elsewhere = { published: 0, publishedNow: 0, failuresNow: 0 };
    for (const [name, { site, published, failures }] of await this.#lookAtOthers()) {
      const before = this.#before.get(name) ?? { published: 0, failures: 0 };
      const [publishedNow, failuresNow] = [published - before.published, failures - before.failures];
      if (site.host === this.site.host && site.device === this.site.device) {
        const isWell = published > 0 && failuresNow === 0 && !(await this.liveness.isGone(name));
        if (isWell || publishedNow > 0) return undefined;
        continue;
      }
      elsewhere.published += published;
      elsewhere.publishedNow += publishedNow;
      elsewhere.failuresNow += failuresNow;
    }
    const { published, publishedNow, failuresNow } = elsewhere;
    if (this.site.host === '' || published < FAILURE_LIMIT || failuresNow > publishedNow) return undefined;
    const reason = `${this.#inARow} trainings in a row failed here (${failure}); elsewhere ${published} have succeeded`;
    return { site: this.site, reason };
  }

  async #lookAtOthers(): Promise<Map<WorkerName, Others>> {
    const { population, me } = this;
    const others = new Map<WorkerName, Others>();
    for (const { name, document, totals } of await summarizeWorkers(population, unknowingHost, this.#left)) {
      if (name === me.name || document === undefined) continue;
      const site = { host: document.host, device: document.device ?? null };
      others.set(name, { site, published: totals.published, failures: failuresOf(totals) });
    }
    return others;
  }
}

/** Those that may be a machine's: a limit holds on every one. */
function failuresOf({ failures }: Totals): number {
  const all = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return all - (failures['over-limit'] ?? 0);
}
