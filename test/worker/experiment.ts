import { SeededRandom } from '@galapagos/dna';
import {
  type Bounds,
  type Filesystem,
  POPULATION_FORMAT,
  Population,
  boundsSchema,
  createExperiment,
  localFilesystem,
  nodeFilesystem,
  searchSchema,
  systemClock,
} from '@galapagos/population';

/** The real filesystem without fsync: a test that cuts no power needs none, and disks differ most in it. */
const fastFilesystem: Filesystem = {
  ...localFilesystem,
  sync: () => Promise.resolve(),
};

export interface TestExperiment {
  readonly populationSize: number;
  /** @default 'test' */
  readonly seed?: string;
  readonly bounds?: Partial<Bounds>;
}

/** Makes an experiment for the bit-string trainer. */
export async function makeExperiment(
  root: string,
  options: TestExperiment,
  filesystem = nodeFilesystem,
): Promise<void> {
  const { populationSize, seed = 'test', bounds = {} } = options;
  await createExperiment({ filesystem, random: new SeededRandom(root) }, root, {
    format: POPULATION_FORMAT,
    createdAt: systemClock.now().toISOString(),
    version: '0.0.0-test',
    search: searchSchema.parse({ seed, populationSize, image: { height: 8, width: 8, channels: 1 } }),
    data: {},
    dataChecksum: '',
    classes: ['0', '1'],
    training: {},
    bounds: boundsSchema.parse({ leaseSeconds: 10, ...bounds }),
  });
}

/** Opens an experiment, over a filesystem that does not wait for the disk where none is given. */
export async function openExperiment(
  root: string,
  filesystem = fastFilesystem,
  seedOfWaits = 'waits',
): Promise<Population> {
  return await Population.open(root, {
    filesystem,
    clock: systemClock,
    random: new SeededRandom(seedOfWaits),
  });
}
