import type { Population, WorkerName } from '@galapagos/population';
import { LEVELS, type Level, type WorkerEvent, logEvents } from '@galapagos/worker';
import { WORKER_LOGS } from './find-logs.js';
import { LogFile } from './log-file.js';
import { parseLogLine, presentLogLine } from './log-line.js';
import { tellPerson } from '../tell-worker.js';
import type { Terminal } from '../terminal.js';
import { parseSize } from '../units.js';
import { UsageError } from '../usage-error.js';

/** Those that a launch passes on. */
export const logOptions = {
  log: { describe: 'Least level to log', choices: LEVELS, default: 'info' as Level },
  'log-size': {
    describe: 'How large the log of a worker may become; then what is older than its half goes',
    type: 'string',
    requiresArg: true,
    default: '16MB',
  },
} as const;

/** Those of a worker that somebody starts: what it prints of its log. */
export const printOptions = {
  'log-format': {
    describe: 'How to print the log: in words, or as JSON, a line for each event',
    choices: ['pretty', 'json'] as const,
    defaultDescription: 'in words on a terminal, else as JSON',
  },
  quiet: {
    describe: 'Print no event but the first, which names the log',
    type: 'boolean',
    default: false,
  },
} as const;

interface LogRequest {
  readonly log: Level;
  readonly 'log-size': string;
  readonly 'log-format': 'pretty' | 'json' | undefined;
  readonly quiet: boolean;
}

/** The least that holds some hundred lines. */
const LEAST_BYTES = 65_536;

/** The log of one worker: a file in `logs/workers`, and what it prints. */
export class WorkerLog {
  readonly #population: Population;
  readonly #terminal: Terminal;
  readonly #request: LogRequest;
  readonly #most: number;
  readonly #print: (event: WorkerEvent) => void;
  #file: LogFile | undefined;
  #write: (event: WorkerEvent) => void = () => undefined;

  /** @throws UsageError where a size is none. */
  constructor(population: Population, terminal: Terminal, request: LogRequest) {
    this.#population = population;
    this.#terminal = terminal;
    this.#request = request;
    this.#most = logBytesOf(request['log-size']);
    this.#print = printer(terminal, request);
  }

  /** Notes an event. The file begins when its worker has a name. */
  hear(event: WorkerEvent): void {
    if (event.event === 'joined') this.#begin(event.worker);
    this.#write(event);
    if (!this.#request.quiet || this.#file === undefined) this.#print(event);
    else if (event.event === 'joined') this.#introduce(event.worker);
  }

  /** Writes what is not written yet, if that goes soon. */
  async close(): Promise<void> {
    await this.#file?.close();
  }

  #begin(worker: WorkerName): void {
    const path = this.#population.path(`${WORKER_LOGS}/${worker}.log`);
    this.#file = new LogFile(path, this.#most, this.#population.clock, (reason) =>
      this.#terminal.err(`the log of ${worker} cannot be written, and waits: ${reason}`),
    );
    this.#write = logEvents(this.#file, this.#request.log);
  }

  /** Whoever reads what a launcher keeps of this process learns whose it is, and where the rest is. */
  #introduce(worker: WorkerName): void {
    const time = this.#population.clock.now().toISOString();
    const log = `${WORKER_LOGS}/${worker}.log`;
    this.#terminal.err(JSON.stringify({ level: 'info', time, worker, log, msg: 'joined' }));
  }
}

function printer(
  terminal: Terminal,
  { log, 'log-format': format = terminal.isWatched ? 'pretty' : 'json' }: LogRequest,
): (event: WorkerEvent) => void {
  if (format === 'json') return logEvents({ write: (line) => terminal.err(line.trimEnd()) }, log);
  if (terminal.isWatched) return tellPerson(terminal);
  return logEvents({ write: (line) => terminal.err(presentLogLine(parseLogLine({}, line.trimEnd()))) }, log);
}

/** Bytes of `--log-size`. @throws UsageError where it is no size, or one that holds nothing. */
export function logBytesOf(size: string): number {
  const bytes = /^[0-9]+$/.test(size) ? Number(size) : parseSize(size);
  if (bytes === undefined) throw new UsageError(`--log-size ${size}: write bytes, or a size as 16MB or 1GB`);
  if (bytes < LEAST_BYTES) throw new UsageError(`--log-size ${size}: at least ${LEAST_BYTES} bytes`);
  return bytes;
}
