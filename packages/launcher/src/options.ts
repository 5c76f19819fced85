import { systemClock, type Clock } from './clock.js';
import type { LaunchEvent } from './events.js';

/** How long a slot stays empty after its worker failed. Doubles with each failure in a row. */
export interface BackoffOptions {
  /** @default 1 */
  firstSeconds?: number;
  /** @default 60 */
  maximumSeconds?: number;
}

export interface LocalLaunchOptions {
  /** How many workers run at the same time. */
  workers: number;
  /** The command of one worker. Its slot, counted from 0, is in its environment as GALAPAGOS_SLOT. */
  command: readonly [string, ...string[]];
  /** What is added to the launcher's own environment for the worker of a slot. @default nothing */
  environmentOf?: (slot: number) => Readonly<Record<string, string>>;
  /** Where stdout and stderr of the workers go: one file per slot, `slot-<n>.log`, appended to. */
  logDirectory: string;
  /** Seconds after which the launch stops by itself. @default no limit */
  timeLimitSeconds?: number;
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  graceSeconds?: number;
  /** A slot with more failures than this is given up. @default 5 */
  failureLimit?: number;
  /** Failures that are longer ago than this are forgotten. @default 600 */
  failureWindowSeconds?: number;
  /** A worker that ran for so long was healthy: the failures before it are forgotten. @default 60 */
  healthySeconds?: number;
  backoff?: BackoffOptions;
  /** Aborting it is the same as `stop`, with the abort's reason. */
  signal?: AbortSignal;
  /** Told of everything that happens. If it throws, every worker is killed and `finished` rejects. */
  onEvent?: (event: LaunchEvent) => void;
  /** @default the machine's clock */
  clock?: Clock;
}

/** {@link LocalLaunchOptions} with every default filled in. */
export interface ResolvedLaunchOptions {
  workers: number;
  command: readonly [string, ...string[]];
  environmentOf: (slot: number) => Readonly<Record<string, string>>;
  logDirectory: string;
  timeLimitSeconds: number | undefined;
  graceSeconds: number;
  failureLimit: number;
  failureWindowSeconds: number;
  healthySeconds: number;
  backoff: Required<BackoffOptions>;
  signal: AbortSignal | undefined;
  onEvent: (event: LaunchEvent) => void;
  clock: Clock;
}

/**
 * Fills in the defaults.
 * @throws {RangeError} when a number is not one that a launch can be made of
 */
export function resolveLaunchOptions(options: LocalLaunchOptions): ResolvedLaunchOptions {
  const resolved: ResolvedLaunchOptions = {
    workers: options.workers,
    command: options.command,
    environmentOf: options.environmentOf ?? (() => ({})),
    logDirectory: options.logDirectory,
    timeLimitSeconds: options.timeLimitSeconds,
    graceSeconds: options.graceSeconds ?? 30,
    failureLimit: options.failureLimit ?? 5,
    failureWindowSeconds: options.failureWindowSeconds ?? 600,
    healthySeconds: options.healthySeconds ?? 60,
    backoff: {
      firstSeconds: options.backoff?.firstSeconds ?? 1,
      maximumSeconds: options.backoff?.maximumSeconds ?? 60,
    },
    signal: options.signal,
    onEvent: options.onEvent ?? (() => undefined),
    clock: options.clock ?? systemClock,
  };
  if (!Number.isInteger(resolved.workers) || resolved.workers < 1) {
    throw new RangeError(`workers must be a whole number from 1 on, not ${resolved.workers}`);
  }
  if (!Number.isInteger(resolved.failureLimit) || resolved.failureLimit < 0) {
    throw new RangeError(`failureLimit must be a whole number from 0 on, not ${resolved.failureLimit}`);
  }
  const durations = {
    timeLimitSeconds: resolved.timeLimitSeconds ?? 0,
    graceSeconds: resolved.graceSeconds,
    failureWindowSeconds: resolved.failureWindowSeconds,
    healthySeconds: resolved.healthySeconds,
    ...resolved.backoff,
  };
  for (const [name, seconds] of Object.entries(durations)) {
    if (!(seconds >= 0)) throw new RangeError(`${name} must be a number from 0 on, not ${seconds}`);
  }
  return resolved;
}
