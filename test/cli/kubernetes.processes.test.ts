import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { start } from './processes.js';

const launch = ['launch', '/shared/runs/a', '--kubernetes', '--workers', '4', '--image', 'galapagos:0.1.0'];

/** A directory with a program that stands for kubectl, to be put before all others; it writes down what it is given. */
function withKubectl(lines: string): string {
  const directory = temporaryDirectory();
  mkdirSync(`${directory}/bin`);
  writeFileSync(`${directory}/bin/kubectl`, `#!/bin/bash\ncd ${directory}\n${lines}\n`);
  chmodSync(`${directory}/bin/kubectl`, 0o755);
  return directory;
}

async function launchWith(directory: string) {
  return await start([...launch, '--namespace', 'vision'], {
    env: { PATH: `${directory}/bin:/usr/bin:/bin` },
  }).finished;
}

test('gives kubectl what Kubernetes is to make, and says where to look', async () => {
  const directory = withKubectl(`echo "$*" > words; cat > given; echo 'job.batch/galapagos-a created'`);
  const { code, stderr } = await launchWith(directory);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/job\.batch\/galapagos-a created\n4 workers/);
  expect(stderr).toMatch(
    /kubectl get pods --namespace vision --selector app.kubernetes.io\/instance=galapagos-a/,
  );
  expect(stderr).toMatch(/kubectl delete job --namespace vision galapagos-a/);
  expect(readFileSync(`${directory}/words`, 'utf8')).toBe('apply --filename=-\n');
  const given = parseAllDocuments(readFileSync(`${directory}/given`, 'utf8'));
  expect(given.map((document) => (document.toJS() as { kind: string }).kind)).toEqual(['Job']);
});

test('says what kubectl said, where that refuses', async () => {
  const { code, stderr } = await launchWith(
    withKubectl(`echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1`),
  );
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: /kubectl: error: You must be logged in/ });
});
