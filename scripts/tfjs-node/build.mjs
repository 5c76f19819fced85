import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupError } from '../setup.mjs';
import { check } from './check.mjs';
import { compile, findCompiler, findNodeHeaders } from './compile.mjs';
import { fetchWheel } from './fetch.mjs';
import { preparePackage } from './package.mjs';
import { openWheel, refuseOtherPlatform, requireLinux } from './wheel.mjs';

/**
 * Builds it in `done/` of a scratch directory.
 * @param {string} scratch
 * @param {{ wheel?: string, version?: string, gpu?: boolean, package?: string }} options
 * @param {(line: string) => void} say
 * @returns What to write down of it.
 * @throws {SetupError}
 */
export async function build(scratch, options, say) {
  const startedAt = performance.now();
  const step = (line) => say(`[${((performance.now() - startedAt) / 1000).toFixed(0)} s] ${line}`);
  // What can be refused at once is refused before anything is downloaded.
  requireLinux();
  const compiler = await findCompiler();
  const nodeHeaders = findNodeHeaders();
  if (options.wheel !== undefined) refuseOtherPlatform(options.wheel);

  const done = join(scratch, 'done');
  mkdirSync(done);
  const source = await preparePackage(scratch, done, options.package, step);
  const file = options.wheel ?? (await fetchWheel(scratch, options, step));
  refuseOtherPlatform(file);
  const wheel = await openWheel(file);
  try {
    step(`unpacking libtensorflow ${wheel.version} from ${basename(file)}`);
    await wheel.unpack(done, scratch);
  } finally {
    wheel.close();
  }
  step(`compiling with ${compiler}`);
  await compile({
    compiler,
    sources: join(source, 'binding'),
    includes: [nodeHeaders, headersOf(scratch)],
    libraries: join(done, 'tensorflow'),
    output: join(done, 'tfjs_binding.node'),
  });
  cpSync(new URL('./register.cjs', import.meta.url), join(done, 'register.cjs'));
  step('loading it');
  const { version, isGpu } = await check(done);
  step(`libtensorflow ${version} computes${isGpu ? ' on a GPU' : ''}`);
  return { tfjsNode: '4.22.0', tensorflow: wheel.version, gpu: wheel.isGpu, wheel: basename(file) };
}

/** The headers; some versions have ctstring_internal.h under another root only than the one that is included. */
function headersOf(scratch) {
  const root = join(scratch, 'tensorflow', 'include');
  const wanted = 'tensorflow/core/platform';
  if (existsSync(join(root, wanted, 'ctstring_internal.h'))) return root;
  const others = ['tsl/platform', 'xla/tsl/platform', 'tensorflow/tsl/platform'];
  const other = others.find((path) => existsSync(join(root, path, 'ctstring_internal.h')));
  if (other === undefined)
    throw new SetupError('The wheel lacks a header, ctstring_internal.h: try another version of TensorFlow.');
  mkdirSync(join(root, wanted), { recursive: true });
  writeFileSync(join(root, wanted, 'ctstring_internal.h'), `#include "${other}/ctstring_internal.h"\n`);
  return root;
}
