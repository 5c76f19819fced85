#!/usr/bin/env node
// Can the simulation fail? Breaks the protocol in one place after the other, in a copy of the packages, and runs
// schedules and interleavings until a promise is broken. Exit code 1 where a mutant is not caught in time, or where
// the code that it breaks is not there any more.
//
// What is known to catch it comes first. Where the code has changed so much that it does not any more, but another does,
// that is printed, and belongs into mutations.mjs.
//
//   npm run build && node test/simulation/mutants.mjs [--only NAME] [--seconds 120]     # of a processor, for each mutant
//   node test/simulation/mutants.mjs --anew                                             # as if nothing were known
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import ts from 'typescript';
import { argumentsOf } from '../support/arguments.mjs';
import { compiled } from '../worker/fixtures/compile.mjs';
import { mutants } from './mutations.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    anew: { type: 'boolean', default: false },
  },
});
const repository = resolve(import.meta.dirname, '../..');
// Below the repository, so that what the packages depend on is found.
/** Sources as they are now, by where they go. */
const patched = new Map();
const place = join(repository, 'node_modules/.cache/galapagos-mutants', String(process.pid));

try {
  const chosen = mutants.filter(({ name }) => options.only === undefined || name.includes(options.only));
  let escaped = 0;
  for (const [index, mutant] of chosen.entries()) {
    const mayEscape = mutant.isRare === true && !options.anew;
    if (!(await isCaught(mutant, index)) && !mayEscape) escaped++;
  }
  console.log(`${chosen.length} mutants, ${escaped} escaped`);
  if (escaped > 0 || chosen.length === 0) process.exitCode = 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function isCaught({ name, patches, known = {}, isRare }, index) {
  const root = join(place, String(index));
  copyPackages(root);
  for (const patch of patches) apply(root, patch);
  const entry = await compiled('simulation/index.ts', join(root, 'tests'));
  // What chance seldom finds is not looked for each time.
  const seconds = isRare === true && !options.anew ? '0' : options.seconds;
  const args = [
    join(import.meta.dirname, 'hunt.mjs'),
    entry,
    seconds,
    JSON.stringify(options.anew ? {} : known),
  ];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`${name}: ${stderr}`);
  if (status === 1) console.log(`ESCAPED  ${name}\n           ${stdout.trim()}`);
  else say(name, known, JSON.parse(stdout));
  return status === 0;
}

function say(name, known, { how, violation, seconds }) {
  console.log(`caught   ${name}\n           ${violation}; ${seconds.toFixed(1)} s`);
  if (JSON.stringify(how) !== JSON.stringify(known)) console.log(`           known: ${JSON.stringify(how)},`);
}

/** What is mutated is copied, the others are those of the repository. */
function copyPackages(root) {
  const modules = join(root, 'node_modules/@galapagos');
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(repository, 'packages'))) {
    const from = join(repository, 'packages', name);
    if (!['population', 'worker'].includes(name)) symlinkSync(from, join(modules, name));
    else
      for (const part of ['package.json', 'dist'])
        cpSync(join(from, part), join(modules, name, part), { recursive: true });
  }
}

/** Changes one place of a source, which has to be there exactly once. */
function apply(root, { file, from, to }) {
  const [name = '', source = ''] = file.split('/');
  const text = readFileSync(join(repository, 'packages', name, 'src', source), 'utf8');
  const target = join(root, 'node_modules/@galapagos', name, 'dist', `${basename(source, '.ts')}.js`);
  const known = patched.get(target) ?? text;
  if (known.split(from).length !== 2)
    throw new Error(
      `packages/${name}/src/${source} has not exactly one '${from}': mend test/simulation/mutations.mjs`,
    );
  const mutated = known.replace(from, () => to);
  patched.set(target, mutated);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  writeFileSync(target, ts.transpileModule(mutated, { compilerOptions }).outputText);
}
