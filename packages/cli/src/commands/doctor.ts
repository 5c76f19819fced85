import { resolve } from 'node:path';
import { datasetOptionsSchema, loadDataset } from '@galapagos/datasets';
import { type BackendChoice, type Found, type Rung, examineBackends } from '@galapagos/trainer';
import { z } from 'zod';
import { defineCommand, json, printJson } from '../command.js';
import { measureCosts, speedOf } from '../costs.js';
import { describeHealth } from '../describe-health.js';
import { examineMachine, machineShape } from '../examine-machine.js';
import { ExitCode } from '../exit-codes.js';
import { directoryShape, probeDirectory } from '../probe-directory.js';
import { UsageError } from '../usage-error.js';
import { backendOption } from '../workers-option.js';

const backendShape = z.strictObject({
  name: z.string(),
  isAvailable: z.boolean(),
  detail: z.string().nullable().describe('Its version, or the instructions of the processor that it uses.'),
  whyNot: z.string().nullable(),
  remedy: z.string().nullable().describe('How it is come by; null where `whyNot` says so.'),
});

const healthShape = machineShape.extend({
  backends: z.array(backendShape).describe('The best first.'),
  training: z
    .strictObject({
      choice: z.string().describe('What was asked for.'),
      backend: z.string().nullable().describe('What trains; null where it cannot be had (exit code 6).'),
      detail: z.string().nullable(),
      reason: z.string().describe('Why this one, and not a better one; or why none.'),
    })
    .describe('What a worker would train with.'),
  flopsPerSecond: z
    .number()
    .nullable()
    .describe('With --speed: of training steps of a network of six convolutions, one thread.'),
  directory: directoryShape.nullable(),
});
export type Health = z.infer<typeof healthShape>;

export const doctorCommand = defineCommand({
  name: 'doctor',
  describe: 'What this machine can train with, and why not with a better back end',
  positionals: {
    dir: {
      describe: 'A directory in which workers are to work (or GALAPAGOS_DIR): is its filesystem fit?',
      type: 'string',
    },
  },
  options: {
    ...backendOption,
    speed: {
      describe: 'Also train for a second, to see how fast that is',
      type: 'boolean',
      default: false,
    },
    ...json,
  },
  output: healthShape,
  examples: [
    ['doctor', 'what would train here'],
    ['doctor runs/a --backend tfjs-node-gpu', 'ends with 6 where there is no GPU, 5 where the disk is unfit'],
  ],
  run: async ({ dir, backend, speed, json: asJson }, terminal) => {
    if (speed && backend === 'cpu') throw new UsageError('--speed: cpu is for tests, and would take minutes');
    const directory = dir === undefined ? null : await probeDirectory(resolve(dir));
    const { rungs, chosen } = await examineBackends(backend, process.env);
    const isThere = 'name' in chosen;
    const health: Health = {
      ...examineMachine(),
      backends: rungs.map(rungOf),
      training: {
        choice: backend,
        ...(isThere
          ? { backend: chosen.name, detail: chosen.detail, reason: chosen.reason }
          : { backend: null, detail: null, reason: chosen.whyNot }),
      },
      flopsPerSecond: speed && isThere ? await measureSpeed(backend) : null,
      directory,
    };
    if (asJson) printJson(terminal, healthShape, health);
    else for (const line of describeHealth(health)) terminal.out(line);
    return isThere ? ExitCode.done : ExitCode.noAccelerator;
  },
});

function rungOf({ name, found, remedy }: Rung): z.infer<typeof backendShape> {
  return {
    name,
    isAvailable: 'name' in found,
    detail: detailOf(found),
    whyNot: whyNotOf(found),
    remedy: remedy ?? null,
  };
}

const detailOf = (found: Found) => ('name' in found ? found.detail : null);
const whyNotOf = (found: Found) => ('name' in found ? null : found.whyNot);

/** The network is that of `init`; made-up images will do. */
async function measureSpeed(backend: BackendChoice): Promise<number> {
  const dataset = await loadDataset(
    datasetOptionsSchema.parse({
      source: 'synthetic',
      validation: 20,
      test: 20,
      synthetic: { height: 32, width: 32, examples: 100 },
    }),
    {},
  );
  try {
    const settings = { padCrop: 0, flip: false, momentum: 0.9, batchSize: 50 };
    return speedOf((await measureCosts(dataset, settings, backend)).grown);
  } finally {
    dataset.close();
  }
}
