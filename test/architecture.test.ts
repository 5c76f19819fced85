import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository, sourcesOf, type SourceFile } from './support/source.js';

interface Row {
  /** Packages of ours. */
  ours: readonly string[];
  /** Packages of others; `*` at the end stands for the rest of a name. */
  mayUse: readonly string[];
}

// The twin of the table in packages/README.md. A package exists only where this set changes.
const table: Readonly<Record<string, Row>> = {
  dna: { ours: [], mayUse: ['zod'] },
  population: { ours: ['dna'], mayUse: ['zod', 'proper-lockfile', 'node:*'] },
  'backend-simd': {
    ours: [],
    mayUse: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'node-api-headers', 'node:*'],
  },
  datasets: { ours: [], mayUse: ['mnist', 'sharp', 'yauzl', 'zod', 'node:*'] },
  trainer: {
    ours: ['dna', 'population', 'datasets', 'backend-simd'],
    mayUse: ['@tensorflow/*', 'zod', 'node:*'],
  },
  worker: { ours: ['dna', 'population'], mayUse: ['pino', 'node:*'] },
  launcher: { ours: [], mayUse: ['node:*'] },
  cli: {
    ours: ['dna', 'population', 'backend-simd', 'datasets', 'trainer', 'worker', 'launcher'],
    mayUse: ['yargs', 'yaml', 'zod', 'fastest-levenshtein', 'chokidar', 'prom-client', 'node:*'],
  },
};

// Who else may use what the table leaves open, since it needs no import.
const owners: readonly { what: RegExp; only: RegExp; why: string }[] = [
  {
    what: /^process\.(exit|abort|reallyExit)$/,
    only: /^packages\/(cli\/|trainer\/src\/child\.ts$)/,
    why: 'only the command line and the entry of the trainer’s child process may end a process',
  },
  {
    what: /^(Math\.random|Date\.now|performance\.now|process\.hrtime|new Date\(\))$/,
    only: /^packages\/(population\/src\/system-clock|launcher\/src\/clock)\.ts$/,
    why: 'chance and time are arguments; one file each owns the real ones',
  },
];

const importOwners: readonly { what: RegExp; within: RegExp; only: RegExp; why: string }[] = [
  {
    what: /^@tensorflow\//,
    within: /^packages\//,
    only: /^packages\/(trainer|backend-simd)\//,
    why: 'tensors belong to the trainer and its back end',
  },
  {
    what: /^yargs(\/|$)/,
    within: /^packages\//,
    only: /^packages\/cli\//,
    why: 'words on a command line belong to the cli',
  },
  {
    what: /^node:fs(\/|$)/,
    within: /^packages\/(population|worker)\//,
    // The host reads /proc: whether a process of this machine lives, nothing of the shared directory.
    only: /^packages\/population\/src\/(node-filesystem|local-filesystem|node-host)\.ts$/,
    why: 'the filesystem and the host are arguments, so that they can be simulated',
  },
];

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  /** Optional ones only. */
  peerDependencies?: Record<string, string>;
}

const packages = Object.entries(table).map(([name, row]) => ({ name, row, sources: sourcesOf(name) }));
const everySource = packages.flatMap(({ sources }) => sources);

test('the table names every package, and packages/README.md has the same one', () => {
  const folders = readdirSync(join(repository, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(folders.sort()).toEqual(Object.keys(table).sort());
  expect(tableInReadme()).toEqual(table);
});

describe.each(packages)('$name', ({ name, row, sources }) => {
  test('imports what the table allows', () => {
    const allowed = [...row.ours.map((other) => `@galapagos/${other}`), ...row.mayUse];
    const strangers = importsOf(sources).filter(
      ({ module }) => !allowed.some((rule) => covers(rule, module)),
    );
    expect(strangers).toEqual([]);
  });

  test('declares each import, and imports what it declares', () => {
    const manifest = manifestOf(name);
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
    });
    const used = new Set(importsOf(sources).map(({ module }) => module));
    const external = [...used].filter((module) => !module.startsWith('node:'));
    expect(external.filter((module) => !declared.includes(module))).toEqual([]);

    // What may be missing is loaded by a name that stands in a table.
    const optional = Object.keys(manifest.peerDependencies ?? {});
    const named = new Set(sources.flatMap(({ strings }) => strings));
    const unused = declared.filter(
      (module) => !used.has(module) && !(optional.includes(module) && named.has(module)),
    );
    expect(unused).toEqual([]);
    expect(manifest.name).toBe(`@galapagos/${name}`);
  });

  test('is built after what it imports', () => {
    const config = readJson<{ references?: { path: string }[] }>(`packages/${name}/tsconfig.json`);
    const references = (config.references ?? []).map(({ path }) => path.replace('../', '@galapagos/'));
    const imported = importsOf(sources).filter(({ module }) => module.startsWith('@galapagos/'));
    expect(imported.filter(({ module }) => !references.includes(module))).toEqual([]);
  });
});

test.each(owners.map((row) => [row.why, row] as const))('%s', (_why, { what, only }) => {
  const trespasses = everySource
    .filter(({ path }) => !only.test(path))
    .flatMap(({ path, uses }) =>
      uses.filter((use) => what.test(use.what)).map((use) => `${path}:${use.line} ${use.what}`),
    );
  expect(trespasses).toEqual([]);
});

test.each(importOwners.map((row) => [row.why, row] as const))('%s', (_why, { what, within, only }) => {
  const trespasses = everySource
    .filter(({ path }) => within.test(path) && !only.test(path))
    .flatMap(({ path, imports }) =>
      imports.filter((module) => what.test(module)).map((module) => [path, module]),
    );
  expect(trespasses).toEqual([]);
});

test('dna runs in a browser too: it imports nothing of Node', () => {
  const imports = packages.filter(({ name }) => name === 'dna').flatMap(({ sources }) => importsOf(sources));
  expect(imports.filter(({ module }) => module.startsWith('node:'))).toEqual([]);
});

test('the files that own something exist', () => {
  const files = [
    'population/src/node-filesystem.ts',
    'population/src/system-clock.ts',
    'launcher/src/clock.ts',
  ];
  expect(files.filter((file) => !existsSync(join(repository, 'packages', file)))).toEqual([]);
});

/** Imports by package name: what follows it (`yargs/helpers`) is a matter of that package's exports. */
function importsOf(sources: readonly SourceFile[]): { path: string; module: string }[] {
  return sources.flatMap(({ path, imports }) =>
    imports.map((specifier) => ({ path, module: packageNameOf(specifier) })),
  );
}

function packageNameOf(specifier: string): string {
  if (specifier.startsWith('node:') || specifier.startsWith('.')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function covers(rule: string, module: string): boolean {
  return rule.endsWith('*') ? module.startsWith(rule.slice(0, -1)) : module === rule;
}

function manifestOf(name: string): Manifest {
  return readJson<Manifest>(`packages/${name}/package.json`);
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(repository, path), 'utf8')) as T;
}

function tableInReadme(): Record<string, Row> {
  const rows = readFileSync(join(repository, 'packages/README.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| `[\w-]+` \|/.test(line))
    .map((line) => line.split('|').slice(1, -1).map(namesIn));
  return Object.fromEntries(
    rows.map(([name = [], ours = [], mayUse = []]) => [name[0] ?? '', { ours, mayUse }]),
  );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
