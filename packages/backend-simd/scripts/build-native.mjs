#!/usr/bin/env node
// Compiles the native engine, kernels/ and native/, with the C compiler of this machine into build/<platform>-<arch>/.
// Runs when the package is installed. Needs no network, make, Python or node-gyp; takes a few seconds, or none when
// nothing has changed or a prebuilt one loads.
//
//   node scripts/build-native.mjs               exit status 77 without a C compiler, 1 (and its words) where it fails
//   node scripts/build-native.mjs --optional    one plain line and 0 instead: the package works without (WebAssembly)
//   node scripts/build-native.mjs --force       also where there is nothing to do: for another compiler
//
// $CC names the compiler; otherwise it is the first of cc, gcc and clang that is there.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildError, compile, findCompiler, hashInputs, NoCompiler, requireLoads, root } from './native.mjs';

const SKIPPED = 77;
const platform = `${process.platform}-${process.arch}`;
const addon = join(root, 'build', platform, 'simd.node');
const prebuilt = join(root, 'prebuilt', platform, 'simd.node');

/** Builds what is not there or not current; returns what was done, in words. */
async function buildNative(force) {
  const inputs = hashInputs();
  if (!force && isUsable(prebuilt, inputs)) return 'the native kernels came with the package';
  if (!force && isUsable(addon, inputs)) return 'the native kernels are up to date';
  const compiler = findCompiler();
  mkdirSync(dirname(addon), { recursive: true });
  const draft = join(dirname(addon), `draft-${process.pid}.node`);
  try {
    await compile(compiler, draft);
    requireLoads(draft);
    renameSync(draft, addon);
  } finally {
    rmSync(draft, { force: true });
  }
  writeReport({ inputs, compiler: compiler.version });
  return `compiled the native kernels (${compiler.version})`;
}

/** Whether it comes from these sources, and loads: it may have been built on another system. */
function isUsable(path, inputs) {
  try {
    if (readReport(path).inputs !== inputs) return false;
    requireLoads(path);
    return true;
  } catch (error) {
    if (error instanceof BuildError) return false;
    throw error;
  }
}

/** What lies beside an addon; src/native-engine.ts reads why there is none. */
const reportOf = (path) => join(dirname(path), 'build.json');

function readReport(path) {
  if (!existsSync(path) || !existsSync(reportOf(path))) return {};
  try {
    return JSON.parse(readFileSync(reportOf(path), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function writeReport(content) {
  mkdirSync(dirname(addon), { recursive: true });
  // Two installations at once may be writing.
  const draft = `${reportOf(addon)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(draft, reportOf(addon));
}

/** What is there from other sources goes. What does not load here may do on other hosts that share this directory. */
function noteFailure(failure) {
  try {
    if (existsSync(addon) && readReport(addon).inputs === hashInputs()) return;
    rmSync(addon, { force: true });
    writeReport({ failure });
  } catch (error) {
    console.error(`(which cannot be noted in ${dirname(addon)}: ${error.message})`);
  }
}

const optional = process.argv.includes('--optional');
try {
  console.log(await buildNative(process.argv.includes('--force')));
} catch (error) {
  // An installation must not fail for the want of something that the package works without, whatever it is.
  if (!optional && !(error instanceof BuildError)) throw error;
  if (error.details && !optional) console.error(error.details);
  console.error(`no native kernels, WebAssembly is used instead: ${error.message}`);
  noteFailure(error.message);
  process.exitCode = optional ? 0 : error instanceof NoCompiler ? SKIPPED : 1;
}
