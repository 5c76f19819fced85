import { defineCommand, directory } from '../command.js';
import { openPopulation } from '../ground.js';
import { keepMetrics } from '../metrics/keep-metrics.js';
import { expositionOf } from '../metrics/metrics.js';
import { Observer } from '../observer.js';
import { refuseOther } from '../output-file.js';
import { UsageError } from '../usage-error.js';
import { secondsOf } from '../workers-option.js';

export const metricsCommand = defineCommand({
  name: 'metrics',
  describe: 'How a search is doing, for Prometheus: once, into a file that is kept up to date, or on a port',
  positionals: directory,
  options: {
    textfile: {
      describe:
        'Keep this file up to date, for the textfile collector of node_exporter; its name ends in .prom',
      type: 'string',
      requiresArg: true,
    },
    port: { describe: 'Serve /metrics on this port; 0 takes a free one', type: 'number', requiresArg: true },
    address: {
      describe: 'Where to listen, with --port; 0.0.0.0 for other machines',
      type: 'string',
      requiresArg: true,
      default: '127.0.0.1',
    },
    every: {
      describe: 'How often to look at the directory, with --textfile and --port',
      type: 'string',
      requiresArg: true,
      default: '15s',
    },
  },
  examples: [
    ['metrics runs/a', 'once, to be read'],
    ['metrics runs/a --textfile /var/lib/node_exporter/galapagos.prom', 'where nothing may listen'],
    ['metrics runs/a --port 9464 --address 0.0.0.0', 'for a Prometheus on another machine'],
  ],
  run: async ({ dir, textfile, port, address, every }, terminal) => {
    const seconds = secondsOf('every', every);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      throw new UsageError('--port: a whole number from 0 to 65535');
    if (textfile !== undefined) await refuseTextfile(textfile);
    const population = await openPopulation(dir);
    if (textfile === undefined && port === undefined) {
      const look = await new Observer(population).look();
      terminal.out((await expositionOf(look, population.root)).trimEnd());
      return 0;
    }
    await keepMetrics(population, { textfile, port, address, seconds }, terminal);
    return 0;
  },
});

/** node_exporter reads nothing else; and a slip of the hand replaces no other file. @throws UsageError. */
async function refuseTextfile(textfile: string): Promise<void> {
  if (!textfile.endsWith('.prom')) throw new UsageError(`--textfile ${textfile}: a name that ends in .prom`);
  await refuseOther('textfile', textfile, '# HELP galapagos_');
}
