import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  launchLocal,
  type LaunchEvent,
  type LocalLaunch,
  type LocalLaunchOptions,
} from '@galapagos/launcher';
import ts from 'typescript';
import { afterEach } from 'vitest';

type EventOf<Kind extends LaunchEvent['kind']> = Extract<LaunchEvent, { kind: Kind }>;

const fixtures = join(import.meta.dirname, 'fixtures');
const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** An empty directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'galapagos-launcher-'));
  directories.push(directory);
  return directory;
}

/** The command of a fake worker, see fixtures/worker.mjs. */
export function fakeWorker(...manner: string[]): [string, ...string[]] {
  return [process.execPath, join(fixtures, 'worker.mjs'), ...manner];
}

export interface ObservedLaunch extends LocalLaunch {
  events: LaunchEvent[];
  logDirectory: string;
  ofKind<Kind extends LaunchEvent['kind']>(kind: Kind): EventOf<Kind>[];
  /** The log of a slot so far. */
  log(slot: number): string;
}

/** `launchLocal` with short delays and everything that it says kept. */
export function launch(
  options: Partial<LocalLaunchOptions> & Pick<LocalLaunchOptions, 'command'>,
): ObservedLaunch {
  const events: LaunchEvent[] = [];
  const logDirectory = join(temporaryDirectory(), 'logs');
  const launched = launchLocal({
    workers: 1,
    logDirectory,
    graceSeconds: 10,
    backoff: { firstSeconds: 0.01, maximumSeconds: 0.05 },
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return {
    events,
    logDirectory,
    stop: (reason) => launched.stop(reason),
    kill: () => launched.kill(),
    finished: launched.finished,
    ofKind: <Kind extends LaunchEvent['kind']>(kind: Kind) =>
      events.filter((event): event is EventOf<Kind> => event.kind === kind),
    log: (slot) => readFileSync(join(logDirectory, `slot-${slot}.log`), 'utf8'),
  };
}

/** The script that runs a launcher in a process of its own, and the launcher for it, compiled from the source of now. */
export function separateLauncher(): { script: string; module: string } {
  const source = join(import.meta.dirname, '../../packages/launcher/src');
  const target = join(temporaryDirectory(), 'launcher');
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) {
      mkdirSync(join(target, name));
      continue;
    }
    const { outputText } = ts.transpileModule(readFileSync(join(source, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(join(target, name.replace(/\.ts$/, '.js')), outputText);
  }
  return { script: join(fixtures, 'launch.mjs'), module: join(target, 'index.js') };
}
