import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 * @returns {Promise<{ code: number | null, output: string, stdout: string }>} `code` is null where there is no such program,
 * or a signal ended it.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => ((output += text), (stdout += text)));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: null, output: error.message, stdout: '' }));
    child.once('close', (code, signal) =>
      resolve({ code, output: signal === null ? output : `${output}\nended by ${signal}`, stdout }),
    );
  });
}
