import { spawn } from 'node:child_process';
import { SchedulerError } from '../scheduler-error.js';

/**
 * Has objects made, or changed to what they are to be, in the cluster that kubectl is set to.
 * @param text YAML or JSON.
 * @returns What kubectl says, a line for each object.
 * @throws SchedulerError
 */
export async function applyManifests(text: string): Promise<string[]> {
  return await new Promise((resolve, reject) => {
    const kubectl = spawn('kubectl', ['apply', '--filename=-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    kubectl.stdout.setEncoding('utf8').on('data', (words: string) => (out += words));
    kubectl.stderr.setEncoding('utf8').on('data', (words: string) => (err += words));
    // One that ends without reading says why.
    kubectl.stdin.on('error', () => undefined);
    kubectl.stdin.end(text);
    kubectl.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ENOENT' ? 'kubectl is not here: --dry-run prints what it would be given' : '';
      reject(
        why === ''
          ? new SchedulerError('REFUSED', `kubectl: ${error.message}`, { cause: error })
          : new SchedulerError('MISSING', why, { cause: error }),
      );
    });
    kubectl.once('close', (code) => {
      if (code === 0) resolve(out.trimEnd().split('\n'));
      else
        reject(
          new SchedulerError('REFUSED', `kubectl: ${err.trim() === '' ? `ended with ${code}` : err.trim()}`),
        );
    });
  });
}
