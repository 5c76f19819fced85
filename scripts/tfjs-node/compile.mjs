import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SetupError } from '../setup.mjs';
import { indented } from './fetch.mjs';
import { run } from './run.mjs';

/** @returns The C++ compiler: that of CXX, else the first that is there. */
export async function findCompiler() {
  const named = process.env.CXX;
  for (const compiler of named ? [named] : ['c++', 'g++', 'clang++']) {
    if ((await run(compiler, ['--version'])).code === 0) return compiler;
  }
  throw new SetupError(
    named
      ? `The C++ compiler that CXX names does not run: ${named}`
      : 'There is no C++ compiler: install g++ or clang (Debian: `apt install g++`; a cluster: `module load gcc`), or name one in CXX.',
  );
}

/** @returns The folder of node_api.h: beside Node, else that of the package node-api-headers. */
export function findNodeHeaders() {
  const beside = join(dirname(process.execPath), '..', 'include', 'node');
  const places = [beside, ...packaged()];
  const found = places.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found !== undefined) return found;
  throw new SetupError(`Node's header node_api.h is neither in ${places.join(', nor in ')}. Run \`npm ci\`.`);
}

function packaged() {
  try {
    return [createRequire(import.meta.url)('node-api-headers').include_dir];
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return [];
    throw error;
  }
}

/** Compiles the two C++ files of the binding. They include nothing of Node but node_api.h, so no node-gyp is needed. */
export async function compile({ compiler, sources, includes, libraries, output }) {
  const { code, output: said } = await run(compiler, [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-fno-exceptions', '-fvisibility=hidden', '-w'],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', ...includes.map((path) => `-I${path}`)],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file)),
    ...['-o', output, `-L${libraries}`],
    // Both libraries are asked for, so that both are found by the path below. All symbols are looked up as it is
    // loaded: where this libtensorflow lacks a function, its name is said then.
    '-Wl,--no-as-needed,-z,now',
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/tensorflow'],
  ]);
  if (code !== 0) throw new SetupError(`The binding does not compile:\n${indented(said)}`);
}
