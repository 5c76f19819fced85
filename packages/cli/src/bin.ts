import { main } from './main.js';
import { processTerminal } from './terminal.js';

// A reader that went away (`galapagos best runs/a | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`galapagos: stdout: ${error.message}\n`);
  void exitFor(error);
});
// And news that cannot be told are no reason to end a search: nobody reads it any more, or the disk with the log is full.
process.stderr.on('error', () => undefined);

// Not process.exit at once: what was written may still be on its way out.
process.exitCode = await main(process.argv.slice(2), process.env, processTerminal());

async function exitFor(error: unknown): Promise<never> {
  const { exitCodeOf } = await import('./failures.js');
  process.exit(exitCodeOf(error));
}
