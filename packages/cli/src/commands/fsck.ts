import { type Finding, fsck, nodeHost } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { openPopulation } from '../ground.js';

const shape = z.array(
  z.strictObject({
    severity: z.enum(['error', 'warning', 'note']),
    path: z.string(),
    problem: z.string(),
    fix: z.string(),
  }),
);

export const fsckCommand = defineCommand({
  name: 'fsck',
  describe: 'Check the directory against what it promises; reads only',
  positionals: directory,
  options: json,
  output: shape,
  examples: [['fsck runs/a', 'exit code 1 where a promise is broken']],
  run: async ({ dir, json: asJson }, terminal) => {
    const findings = await fsck(await openPopulation(dir), nodeHost);
    if (asJson) printJson(terminal, shape, findings);
    else for (const line of findings.flatMap(describe)) terminal.out(line);
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    terminal.err(`${dir}: ${verdict(errors, findings.length)}`);
    return errors > 0 ? ExitCode.error : ExitCode.done;
  },
});

function verdict(errors: number, findings: number): string {
  if (errors > 0) return `${errors === 1 ? '1 promise is' : `${errors} promises are`} broken`;
  return findings === 0 ? 'clean' : 'no promise is broken';
}

function describe({ severity, path, problem, fix }: Finding): string[] {
  return [`${severity.padEnd(7)}  ${path}: ${problem}`, `         ${fix}`];
}
