import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SetupError, root } from '../setup.mjs';
import { fetchPackage, indented } from './fetch.mjs';
import { run } from './run.mjs';

/** The last version that there is. */
const VERSION = '4.22.0';
const NAME = '@tensorflow/tfjs-node';

/**
 * Copies the JavaScript of the package: its back end and its kernels, of all the rest nothing.
 * @returns Where the package is, with the sources of the binding.
 */
export async function preparePackage(scratch, done, given, step) {
  const installed = join(root, 'node_modules', NAME);
  const from =
    given ?? (existsSync(installed) ? installed : await fetchPackage(scratch, `${NAME}@${VERSION}`, step));
  const source = isDirectory(from) ? resolve(from) : await untar(from, scratch);
  refuseOther(source, from);
  cpSync(join(source, 'dist'), join(done, 'dist'), {
    recursive: true,
    filter: (path) => !/(_test\.js|\.d\.ts|\.map)$/.test(path),
  });
  // Protocol buffers, which need a package of their own: for summaries of TensorBoard, and SavedModels.
  write(join(done, 'dist/proto/api_pb.js'), 'module.exports = {};\n');
  // register.cjs fills them with the TensorFlow.js of whoever loads it, so that there is one in a process.
  for (const name of ['tfjs', 'tfjs-core'])
    write(join(done, 'node_modules/@tensorflow', name, 'index.js'), 'module.exports = {};\n');
  write(
    join(done, 'node_modules/@tensorflow/tfjs-core/index.js'),
    "module.exports = require('@tensorflow/tfjs');\n",
  );
  return source;
}

function isDirectory(path) {
  if (!existsSync(path)) throw new SetupError(`There is no ${path}.`);
  return statSync(path).isDirectory();
}

async function untar(file, scratch) {
  const { code, output } = await run('tar', ['-xzf', resolve(file), '-C', scratch]);
  if (code !== 0) throw new SetupError(`${file} could not be unpacked:\n${indented(output)}`);
  return join(scratch, 'package');
}

function refuseOther(source, from) {
  const manifest = join(source, 'package.json');
  const { name, version } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  if (!(name === NAME || name === `${NAME}-gpu`) || version !== VERSION)
    throw new SetupError(`${from} is ${name ?? 'no package'} ${version ?? ''}, not ${NAME} ${VERSION}.`);
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
