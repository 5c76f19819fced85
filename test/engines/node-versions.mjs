#!/usr/bin/env node
// Runs same-results.mjs on each Node that is supported, fetched from npm, with the one addon that is built here: it must
// load in all of them, and all must compute the same bits. Needs the build (npm run build).
//
//   node test/engines/node-versions.mjs      exit status 1 where one differs, 77 where one cannot be fetched or run here
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NoNode, nodeBinary } from '../../packages/backend-simd/scripts/node-binary.mjs';

const VERSIONS = ['20.20.2', '22.23.3', '24.21.0'];
const SKIPPED = 77;
const script = fileURLToPath(new URL('same-results.mjs', import.meta.url));

function runOn(version) {
  try {
    const { status, stdout, stderr } = spawnSync(nodeBinary(version), [script], { encoding: 'utf8' });
    console.log(`${stdout}${stderr}`.trimEnd());
    return { status, digests: stdout.trim().split('\n').at(-1) };
  } catch (error) {
    if (!(error instanceof NoNode)) throw error;
    console.error(`skipped: ${error.message}`);
    return { status: SKIPPED };
  }
}

const runs = VERSIONS.map(runOn);
const failed = runs.find(({ status }) => status !== 0 && status !== SKIPPED);
const digests = new Set(runs.flatMap(({ digests }) => (digests ? [digests] : [])));
if (digests.size > 1) console.error('the versions of Node do not agree');
const skipped = runs.some(({ status }) => status === SKIPPED);
process.exitCode = failed !== undefined || digests.size > 1 ? 1 : skipped ? SKIPPED : 0;
