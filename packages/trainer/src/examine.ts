import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BACKEND_LADDER, type BackendChoice, type BackendName, remedyFor } from './backend-choice.js';

/** What came of asking for a back end. */
export type Found =
  | { readonly name: BackendName; readonly detail: string; readonly reason: string }
  | { readonly whyNot: string };

/** A rung of the ladder, and how it is come by where the reason that it is not there does not say so. */
export interface Rung {
  readonly name: BackendName;
  readonly found: Found;
  readonly remedy: string | undefined;
}

/** Seconds after which a library that is being loaded hangs. */
const PATIENCE_SECONDS = 60;

/**
 * Tries every back end of the ladder, each in a process of its own.
 * @param choice What would train.
 */
export async function examineBackends(
  choice: BackendChoice,
  environment: NodeJS.ProcessEnv,
): Promise<{ rungs: Rung[]; chosen: Found }> {
  // Each is asked for by its name; a promise of a GPU is about what trains.
  const unbound = { ...environment, GALAPAGOS_GPU: '' };
  const rungs = BACKEND_LADDER.map(async (name) => {
    const found = await tryBackend(name, unbound);
    return { name, found, remedy: remedyFor(name, 'whyNot' in found ? found.whyNot : undefined) };
  });
  const chosen = tryBackend(choice, environment);
  return { rungs: await Promise.all(rungs), chosen: await chosen };
}

/** Tries one back end, or what `auto` comes to, in a process of its own. */
export async function tryBackend(choice: BackendChoice, environment: NodeJS.ProcessEnv): Promise<Found> {
  const program = fileURLToPath(new URL('./probe.js', import.meta.url));
  const child = fork(program, [choice], {
    env: environment,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  child.stdout?.resume();
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_SECONDS * 1000);
  try {
    return await new Promise<Found>((resolve, reject) => {
      child.once('message', (found) => resolve(found as Found));
      child.once('error', reject);
      child.once('close', (code, signal) => {
        const last = said.trimEnd().split('\n').at(-1) ?? '';
        resolve({ whyNot: `ends the process that loads it (${signal ?? code}) ${last}`.trimEnd() });
      });
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
