import { resolve } from 'node:path';
import {
  type Finding,
  type Population,
  type Repaired,
  boundsOf,
  fsck,
  nodeFilesystem,
  nodeHost,
  politely,
  remakeDirectories,
  repair,
  repairInWords,
} from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { openPopulation } from '../ground.js';
import { version } from '../version.js';

const shape = z.array(
  z.strictObject({
    severity: z.enum(['error', 'warning', 'note']),
    path: z.string(),
    problem: z.string(),
    fix: z.string().describe('What a person can do.'),
    repair: z.string().nullable().describe('What --repair does about it; null for nothing.'),
    repaired: z.boolean(),
  }),
);
type Row = z.infer<typeof shape>[number];

export const fsckCommand = defineCommand({
  name: 'fsck',
  describe: 'Check the directory against what it promises, and mend it with --repair. Safe at any time',
  positionals: directory,
  options: {
    repair: {
      describe: 'Mend what can be mended without guessing: what is in the way goes into lost+found/',
      type: 'boolean',
      default: false,
    },
    'dry-run': { describe: 'With --repair: only say what it would do', type: 'boolean', default: false },
    ...json,
  },
  output: shape,
  examples: [
    ['fsck runs/a', 'exit code 1 where a promise is broken'],
    ['fsck runs/a --repair', 'mend what can be mended'],
  ],
  run: async ({ dir, repair: isRepairing, 'dry-run': dryRun, json: asJson }, terminal) => {
    const isMending = isRepairing && !dryRun;
    const remade = isMending ? await remakeDirectories(nodeFilesystem, resolve(dir)) : [];
    const population = await openPopulation(dir);
    const { mended, left } = isMending
      ? await mend(population)
      : { mended: [], left: await fsck(population, nodeHost) };
    const rows = [
      ...remade.map(remadeRow),
      ...mended.map((finding) => row(finding, true)),
      ...left.map((finding) => row(finding, false)),
    ];
    if (asJson) printJson(terminal, shape, rows);
    else for (const line of rows.flatMap(describe)) terminal.out(line);
    const errors = left.filter(({ severity }) => severity === 'error').length;
    const repaired = rows.length - left.length;
    const verdicts = [...(repaired > 0 ? [`${repaired} mended`] : []), verdict(errors, left.length)];
    terminal.err(`${dir}: ${verdicts.join('; ')}`);
    const isHelped = !isMending && left.some(({ repair: how }) => how !== undefined);
    if (isHelped && !isRepairing) terminal.err('galapagos fsck --repair mends what says "repair"');
    return errors > 0 ? ExitCode.error : ExitCode.done;
  },
});

async function mend(population: Population): Promise<Repaired> {
  const { hallOfFame } = await boundsOf(population);
  return await repair(population, { host: nodeHost, version, backend: 'none', politely, hallOfFame });
}

function verdict(errors: number, findings: number): string {
  if (errors > 0) return `${errors === 1 ? '1 promise is' : `${errors} promises are`} broken`;
  return findings === 0 ? 'clean' : 'no promise is broken';
}

function row({ repair: how, ...finding }: Finding, repaired: boolean): Row {
  return { ...finding, repair: how === undefined ? null : repairInWords(how), repaired };
}

function remadeRow(path: string): Row {
  const problem = 'the directory is missing';
  const fix = 'look whether anything else was lost';
  return { severity: 'error', path, problem, fix, repair: 'makes it again, empty', repaired: true };
}

function describe({ severity, path, problem, fix, repair: how, repaired }: Row): string[] {
  const head = `${(repaired ? 'mended' : severity).padEnd(7)}  ${path}: ${problem}`;
  const indent = ' '.repeat(9);
  if (repaired) return [head, `${indent}${how ?? ''}`];
  return [head, `${indent}${fix}`, ...(how === null ? [] : [`${indent}repair ${how}`])];
}
