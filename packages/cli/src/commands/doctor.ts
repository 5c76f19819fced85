import { resolve } from 'node:path';
import { datasetOptionsSchema, loadDataset } from '@galapagos/datasets';
import { type Gpu, installedGpus, visibleGpus } from '@galapagos/launcher';
import { THOROUGH } from '@galapagos/population';
import { type BackendChoice, type Found, type Rung, examineBackends } from '@galapagos/trainer';
import { z } from 'zod';
import { defineCommand, json, printJson } from '../command.js';
import { measureCosts, speedOf } from '../costs.js';
import { describeHealth } from '../describe-health.js';
import { type Peer, examineDirectory, hostName } from '../examine-directory.js';
import { examineMachine, machineShape } from '../examine-machine.js';
import { ExitCode } from '../exit-codes.js';
import { mountShape } from '../mount-shape.js';
import { UsageError } from '../usage-error.js';
import { backendOption, secondsOf } from '../workers-option.js';

const backendShape = z.strictObject({
  name: z.string(),
  isAvailable: z.boolean(),
  detail: z.string().nullable().describe('Its version, or the instructions of the processor that it uses.'),
  whyNot: z.string().nullable(),
  remedy: z.string().nullable().describe('How it is come by; null where `whyNot` says so.'),
});

const gpuShape = z.strictObject({
  name: z.string(),
  uuid: z.string(),
  isVisible: z.boolean().describe('Whether CUDA_VISIBLE_DEVICES leaves it to this process.'),
});

const healthShape = machineShape.extend({
  gpus: z.array(gpuShape).describe('As nvidia-smi lists them; of a divided one its parts.'),
  gpuProblem: z.string().nullable().describe('Why nobody can say which there are.'),
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
  directory: mountShape.nullable(),
});
export type Health = z.infer<typeof healthShape>;

export const doctorCommand = defineCommand({
  name: 'doctor',
  describe: 'What this machine can train with, and whether a directory’s filesystem is fit for workers',
  positionals: {
    dir: {
      describe:
        'A directory in which workers are to work (or GALAPAGOS_DIR): is its filesystem fit? Workers that are at it are not disturbed',
      type: 'string',
    },
  },
  options: {
    ...backendOption,
    peer: {
      describe:
        'Also try DIR together with another host that does the same at the same time: the name of that host, as `hostname` says there, or `any`',
      type: 'string',
      requiresArg: true,
    },
    as: {
      describe: 'With --peer: what this host is called',
      type: 'string',
      requiresArg: true,
      defaultDescription: 'as `hostname` says',
    },
    wait: { describe: 'With --peer: how long to wait for the other', type: 'string', default: '5m' },
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
    ['doctor runs/a --peer node2', 'on node1; at the same time `--peer node1` on node2'],
    ['doctor runs/a --peer any', 'on two hosts at once, as `srun -N2` does'],
  ],
  run: async ({ dir, backend, speed, json: asJson, ...other }, terminal) => {
    if (speed && backend === 'cpu') throw new UsageError('--speed: cpu is for tests, and would take minutes');
    const peer = peerOf(other);
    if (dir === undefined && peer !== undefined) throw new UsageError('--peer: in which directory?');
    const directory =
      dir === undefined ? null : await examineDirectory(resolve(dir), THOROUGH, { peer, terminal });
    const { rungs, chosen } = await examineBackends(backend, process.env);
    const isThere = 'name' in chosen;
    const health: Health = {
      ...examineMachine(),
      ...(await examineGpus()),
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
    if (directory?.verdict === 'unfit') return ExitCode.unfitFilesystem;
    if (directory !== null && directory.peerProblem !== null) return ExitCode.error;
    return isThere ? ExitCode.done : ExitCode.noAccelerator;
  },
});

async function examineGpus(): Promise<Pick<Health, 'gpus' | 'gpuProblem'>> {
  const { gpus, problem } = await installedGpus();
  const visible = visibleGpus(process.env['CUDA_VISIBLE_DEVICES'], gpus);
  const isVisible = ({ uuid, index }: Gpu) =>
    visible.some((name) => name === String(index) || uuid.startsWith(name));
  return {
    gpus: gpus.map((gpu) => ({ name: gpu.name, uuid: gpu.uuid, isVisible: isVisible(gpu) })),
    gpuProblem: problem ?? null,
  };
}

/** @throws UsageError */
function peerOf(given: {
  readonly peer: string | undefined;
  readonly as: string | undefined;
  readonly wait: string;
}): Peer | undefined {
  const [me, peer] = [hostName(given.as), given.peer === undefined ? undefined : hostName(given.peer)];
  if (peer === undefined) {
    if (given.as !== undefined) throw new UsageError('--as: only with --peer');
    return undefined;
  }
  for (const name of [me, peer]) {
    if (!/^[\w.:-]{1,64}$/.test(name)) throw new UsageError(`${name}: no name of a host`);
  }
  if (me === peer)
    throw new UsageError(
      `--peer ${peer}: that is this host's own name; name the other one, or call this one otherwise: --as NAME`,
    );
  return { me, other: peer === 'any' ? undefined : peer, waitSeconds: secondsOf('wait', given.wait) };
}

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
