import { expect, it } from 'vitest';
import { allCommands } from '@galapagos/cli';
import { galapagos } from './harness.js';
import { writeLog } from './logs.js';
import { populate } from './population.js';

// What trains, what reads images, and what starts processes has a test of its own: rerun, data, doctor.processes.test.ts.
const jsonVerbs = (await allCommands()).filter(
  ({ name, options }) => 'json' in options && !['rerun', 'data show', 'doctor'].includes(name),
);

// What is printed is a contract: each shape is strict, so a field more or less than declared fails here.
it.each(jsonVerbs)(
  '$name --json prints what it declares',
  async ({ name, output, isOutputPerLine, positionals }) => {
    const { root, best, first } = await populate();
    writeLog(root);
    const words: Record<string, string> = { dir: root, id: first.id, a: first.id, b: best.id };
    const { out } = await galapagos([
      name,
      ...Object.keys(positionals)
        .filter((key) => positionals[key]?.demandOption === true)
        .map((key) => words[key] ?? key),
      '--json',
    ]);
    expect(output, `${name} declares no output`).toBeDefined();
    const documents = isOutputPerLine === true ? out.split('\n') : [out];
    for (const one of documents) expect(output?.safeParse(JSON.parse(one)).error).toBeUndefined();
  },
);
