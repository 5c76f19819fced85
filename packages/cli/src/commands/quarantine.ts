import {
  Control,
  type Population,
  type Site,
  covers,
  giveOrder,
  nodeHost,
  parseSite,
  siteName,
  summarize,
} from '@galapagos/population';
import { defineCommand, directory, json, printJson } from '../command.js';
import { moment, table } from '../format.js';
import { openPopulation } from '../ground.js';
import { quarantinesShape } from '../quarantines-shape.js';
import { UsageError } from '../usage-error.js';

export const quarantineCommand = defineCommand({
  name: 'quarantine',
  describe: 'Keep workers off a sick machine or accelerator, or let it back; without one, show which are',
  positionals: {
    ...directory,
    site: { describe: 'A host as `status` shows it, or host/device', type: 'string' },
  },
  options: {
    ...json,
    reason: { describe: 'Why, for those who come later', type: 'string', default: 'by hand' },
    lift: { describe: 'Let it back', type: 'boolean', default: false },
  },
  output: quarantinesShape,
  examples: [
    ['quarantine runs/a', 'which machines are not to train, since when and why'],
    [
      'quarantine runs/a gpu-07 --reason "its fan is broken"',
      'its workers give back what they hold, and leave',
    ],
    ['quarantine runs/a gpu-07 --lift', 'let it back; then start workers there again'],
  ],
  run: async ({ dir, site: name, reason, lift, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const control = new Control(population);
    await control.poll();
    if (name === undefined && lift) throw new UsageError('quarantine: --lift needs a host, or host/device');
    if (name !== undefined) {
      const site = requireSite(name);
      if (lift) {
        // That of all of a machine is not lifted for one of its accelerators.
        if (!control.quarantines.some((other) => covers(site, other)))
          throw new UsageError(`quarantine: ${name} is not quarantined${advice(control)}`);
        await giveOrder(population, { order: 'release', ...site });
        terminal.err(`${name} may train again: start workers there with galapagos launch`);
      } else {
        // It stands in a line of a table.
        const line = reason.replaceAll(/\s+/g, ' ').trim();
        await giveOrder(population, { order: 'quarantine', ...site, reason: line, by: null });
        terminal.err(
          `${name} is quarantined: its workers give back what they hold and leave, and new ones end with 7`,
        );
        if (!(await hasWorkersOf(population, site)))
          terminal.err(
            `no worker of ${site.host} is here now; galapagos status shows the hosts of those that are`,
          );
      }
      await control.poll();
    }
    if (asJson) printJson(terminal, quarantinesShape, control.quarantines);
    else if (name === undefined) for (const line of present(control)) terminal.out(line);
    return 0;
  },
});

async function hasWorkersOf(population: Population, { host }: Site): Promise<boolean> {
  const { workers } = await summarize(population, nodeHost);
  return workers.some(({ document }) => document?.host === host);
}

function requireSite(name: string): Site {
  const site = parseSite(name);
  if (site !== undefined) return site;
  throw new UsageError(`quarantine: ${name}: write a host, or host/device`);
}

function advice({ quarantines }: Control): string {
  if (quarantines.length === 0) return ': nothing is';
  return `; these are: ${quarantines.map(siteName).join(', ')}`;
}

function present({ quarantines }: Control): string[] {
  if (quarantines.length === 0) return ['nothing is quarantined'];
  return table(
    ['site', 'since', 'by', 'reason'],
    quarantines.map((quarantine) => [
      siteName(quarantine),
      moment(quarantine.since),
      quarantine.by ?? 'a person',
      quarantine.reason,
    ]),
  );
}
