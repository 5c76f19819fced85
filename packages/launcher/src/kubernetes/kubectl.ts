import { spawn } from 'node:child_process';

/**
 * What kubectl answered when it could not do what was asked.
 * - `MISSING`: it is not here.
 * - `REFUSED`: it said no, or nobody answered; the message is its own.
 */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';

  constructor(
    readonly code: 'MISSING' | 'REFUSED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Has objects made, or changed to what they are to be, in the cluster that kubectl is set to.
 * @param text YAML or JSON.
 * @returns What kubectl says, a line for each object.
 * @throws KubernetesError
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
          ? new KubernetesError('REFUSED', `kubectl: ${error.message}`, { cause: error })
          : new KubernetesError('MISSING', why, { cause: error }),
      );
    });
    kubectl.once('close', (code) => {
      if (code === 0) resolve(out.trimEnd().split('\n'));
      else
        reject(
          new KubernetesError('REFUSED', `kubectl: ${err.trim() === '' ? `ended with ${code}` : err.trim()}`),
        );
    });
  });
}
