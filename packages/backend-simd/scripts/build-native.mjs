#!/usr/bin/env node
// Compiles the native engine, kernels/ and native/, with the C compiler of this machine into build/<platform>-<arch>/.
// Runs when the package is installed. Needs no network, make, Python or node-gyp; takes a few seconds, or none when
// nothing has changed or a prebuilt one loads.
//
//   node scripts/build-native.mjs               exit status 1 and the compiler's words when it fails
//   node scripts/build-native.mjs --optional    one plain line and 0 instead: the package works without (WebAssembly)
//
// $CC names the compiler; otherwise it is the first of cc, gcc and clang that is there.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError, compile, findCompiler, inputsOf, requireLoads, root } from './native.mjs';

const platform = `${process.platform}-${process.arch}`;
const folder = join(root, 'build', platform);
const addon = join(folder, 'simd.node');
// What src/native-engine.ts tells where there is no addon.
const report = join(folder, 'build.json');

/** Builds what is not there or not current; returns what was done, in words. */
async function buildNative() {
  const prebuilt = join(root, 'prebuilt', platform, 'simd.node');
  if (existsSync(prebuilt) && loads(prebuilt)) return 'the native kernels came with the package';
  const compiler = findCompiler();
  const inputs = inputsOf(compiler);
  if (readReport().inputs === inputs && existsSync(addon) && loads(addon))
    return 'the native kernels are up to date';
  mkdirSync(folder, { recursive: true });
  await compile(compiler, addon);
  requireLoads(addon);
  writeReport({ inputs, compiler: compiler.version });
  return `compiled the native kernels (${compiler.version})`;
}

function loads(path) {
  try {
    requireLoads(path);
    return true;
  } catch (error) {
    if (error instanceof BuildError) return false;
    throw error;
  }
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    // None yet, or half of one: build.
    return {};
  }
}

function writeReport(content) {
  mkdirSync(folder, { recursive: true });
  // Two installations at once may be writing.
  const draft = `${report}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(draft, report);
}

/** The reason for src/native-engine.ts; where it cannot be written down either, there it says "not built". */
function note(failure) {
  try {
    writeReport({ failure });
  } catch (error) {
    console.error(`(and that cannot be noted: ${error.message})`);
  }
}

const optional = process.argv.includes('--optional');
try {
  console.log(await buildNative());
} catch (error) {
  if (!optional && !(error instanceof BuildError)) throw error;
  note(error.message);
  if (error.details && !optional) console.error(error.details);
  console.error(`no native kernels, WebAssembly is used instead: ${error.message}`);
  process.exitCode = optional ? 0 : 1;
}
