// Writes what lies in deploy/, out of the code by which `galapagos launch` renders the same.
//
//   npx tsc --build && node scripts/deploy.mjs          writes it
//   npx tsc --build && node scripts/deploy.mjs --check  exits with 1 where what is committed is stale

import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { DIRECTIVES, jobScript, renderKubernetes } from '../packages/launcher/dist/index.js';
import { writeOrCheck } from './generated.mjs';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

const array = jobScript({
  directives: {
    ...DIRECTIVES,
    array: '0-3',
    mem: '4G',
    time: '04:00:00',
    output: 'galapagos-%A_%a.log',
  },
  comment: [
    'One worker for each task of an array, on the directory that GALAPAGOS_DIR names. From the clone:',
    '',
    '  sbatch --array=0-31 --export=ALL,GALAPAGOS_DIR=/shared/runs/a deploy/slurm/array.sbatch',
    '',
    'What stands behind the script goes to the worker: `array.sbatch --backend native`. Two minutes before the time limit',
    'Slurm sends SIGUSR1: the worker checkpoints, gives back what it trains and ends with 75, and this job asks to be',
    'queued again. docs/slurm.md has the rest; `galapagos launch --slurm` renders and submits the like of it by itself.',
  ],
  setup: [
    ': "${GALAPAGOS_DIR:?is not set: sbatch --export=ALL,GALAPAGOS_DIR=/shared/runs/a …}"',
    '# Slurm runs a copy of this script, so it cannot look beside itself. Not by npx, which passes SIGUSR1 on to nobody.',
    'program=${GALAPAGOS_HOME:-${SLURM_SUBMIT_DIR:-.}}/packages/cli/bin/galapagos.js',
  ],
  command: 'node "$program" worker "$GALAPAGOS_DIR" "$@"',
});

const manifests = renderKubernetes({
  name: 'galapagos',
  workers: 4,
  image: `galapagos:${version}`,
  directory: '/population/run',
  mount: '/population',
  claim: 'galapagos',
  storage: { size: '100Gi' },
  configuration: await readFile(new URL('../deploy/kubernetes/galapagos.yaml', import.meta.url), 'utf8'),
});
const fileOf = { PersistentVolumeClaim: 'claim', ConfigMap: 'configuration', Job: 'job' };

await writeOrCheck(
  [
    { file: 'deploy/slurm/array.sbatch', text: array },
    ...manifests.map((manifest) => ({
      file: `deploy/kubernetes/base/${fileOf[manifest.kind]}.yaml`,
      text: stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }),
    })),
  ],
  'npx tsc --build && node scripts/deploy.mjs',
);
