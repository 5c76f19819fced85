import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderKubernetes } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { manifestProblems } from '../support/kubernetes-schemas.js';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';

const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as object);
const dryRun = ['--kubernetes', '--workers', '4', '--image', 'galapagos:0.1.0', '--dry-run'];

/** A configuration file; by default one that is right. */
function configuration(
  text = 'search: { populationSize: 40 }\ndata: { source: mnist-embedded }\ntraining: { steps: 10 }\n',
) {
  const file = `${temporaryDirectory()}/search.yaml`;
  writeFileSync(file, text);
  return file;
}

describe('galapagos launch --kubernetes --dry-run', () => {
  test('prints manifests such as Kubernetes takes, and the configuration as it was written', async () => {
    const text =
      '# mine\nsearch: { populationSize: 40 }\ndata: { source: mnist-embedded }\ntraining: { steps: 10 }\n';
    const { code, out, err } = await galapagos([
      ...['launch', '/shared/runs/My run', ...dryRun, '--mount', '/shared', '--storage', '10Gi'],
      ...['--config', configuration(text), '--resource', 'nvidia.com/gpu=1', '--backend', 'native'],
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const documents = documentsOf(out);
    expect(manifestProblems(documents)).toEqual([]);
    expect(documents).toEqual(
      renderKubernetes({
        name: 'galapagos-my-run',
        workers: 4,
        image: 'galapagos:0.1.0',
        directory: '/shared/runs/My run',
        mount: '/shared',
        claim: 'galapagos-my-run',
        storage: { size: '10Gi' },
        configuration: text,
        resources: { 'nvidia.com/gpu': '1' },
        arguments: ['--backend', 'native'],
      }),
    );
  });

  test('says that nobody has looked whether there is a search, where it is not on this machine', async () => {
    const { code, out, err } = await galapagos(['launch', '/nowhere/runs/a', ...dryRun]);
    expect(code).toBe(0);
    expect(err).toMatch(/\/nowhere\/runs\/a is not on this machine/);
    expect(documentsOf(out)).toHaveLength(1);
  });

  test('looks at a search that is on this machine', async () => {
    const root = `${temporaryDirectory()}/run`;
    expect((await galapagos(['init', root, ...flagsOf()])).code).toBe(0);
    const { code, err } = await galapagos(['launch', root, ...dryRun, '--workers', '5']);
    expect({ code, err }).toMatchObject({ code: 2, err: /at most half of the population of 8/ });
  });

  const elsewhere = ['/shared/runs/a', ...dryRun];
  const relative = 'search: {}\ndata: { source: mnist, directory: mnist }\ntraining: { steps: 10 }\n';
  test.each([
    [/say which image/, ['/shared/runs/a', '--kubernetes', '--workers', '4']],
    [/say how many workers/, ['/shared/runs/a', '--kubernetes', '--image', 'i']],
    [/--image: only with --kubernetes/, ['/shared/runs/a', '--image', 'i']],
    [/--dry-run: only with --slurm or --kubernetes/, ['/shared/runs/a', '--dry-run']],
    [/one of them/, [...elsewhere, '--slurm']],
    [/--detach: only with --slurm/, [...elsewhere, '--detach']],
    [/--resource nvidia.com\/gpu=1/, [...elsewhere, '--gpus', '0']],
    [/bounds.wallSeconds/, [...elsewhere, '--for', '2h']],
    [/from \/ on/, ['runs/a', ...dryRun]],
    [/\/population: lies in no volume/, ['/population', ...dryRun]],
    [/KEY=VALUE/, [...elsewhere, '--resource', 'gpu']],
    [/--storage-class: only with --storage/, [...elsewhere, '--storage-class', 'nfs']],
    [/user: numbers of a user and a group/, [...elsewhere, '--user', 'root']],
    [/does not lie below --mount \/data/, [...elsewhere, '--mount', '/data']],
    [/data.directory: with --kubernetes/, [...elsewhere, '--config', configuration(relative)]],
    [/training: missing/, [...elsewhere, '--config', configuration('search: {}\ndata: { source: mnist }\n')]],
    [/cannot be read/, [...elsewhere, '--config', '/nowhere.yaml']],
  ])('is refused with a word on what to do: %s', async (message, words) => {
    const { code, out, err } = await galapagos(['launch', ...words]);
    expect({ code, out, err }).toMatchObject({ code: 2, out: '', err: message });
    expect(err).not.toContain('    at ');
  });
});

const folder = join(repository, 'deploy/kubernetes');
const kustomize = (): string | undefined => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return execFileSync('kubectl', ['kustomize', join(folder, 'gpu')], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
};

describe('deploy/kubernetes', () => {
  test('holds what Kubernetes takes', () => {
    const read = (file: string) => readFileSync(join(folder, 'base', file), 'utf8');
    const texts = ['claim.yaml', 'configuration.yaml', 'job.yaml'].map(read);
    expect(manifestProblems(texts.flatMap(documentsOf))).toEqual([]);
  });

  test('makes, with its overlay for GPUs, what is rendered for them', ({ skip }) => {
    const text = kustomize();
    if (text === undefined) return skip('kubectl is not installed');
    const documents = documentsOf(text);
    expect(manifestProblems(documents)).toEqual([]);
    const rendered = renderKubernetes({
      name: 'galapagos',
      workers: 4,
      image: 'galapagos:0.1.0-cuda',
      directory: '/population/run',
      mount: '/population',
      claim: 'galapagos',
      storage: { size: '100Gi' },
      configuration: readFileSync(join(folder, 'galapagos.yaml'), 'utf8'),
      resources: { 'nvidia.com/gpu': '1' },
      runtimeClass: 'nvidia',
    });
    // Of variables the order means nothing, and of objects neither.
    expect(sorted(documents)).toEqual(sorted(rendered));
  });
});

/** With all lists of what has a name or a kind in the order of those. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const key = (item: unknown) => {
      const { kind, name } = Object(item) as { kind?: string; name?: string };
      return kind ?? name ?? '';
    };
    return value.map(sorted).sort((a, b) => key(a).localeCompare(key(b)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sorted(inner)]));
}
