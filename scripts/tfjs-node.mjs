// Builds the native part of @tensorflow/tfjs-node against the libtensorflow of a TensorFlow wheel from PyPI, for where
// the package's own download cannot be reached, or is too old (it brings libtensorflow 2.9.1 of 2022).
//
//   node scripts/tfjs-node.mjs                                    downloads a wheel (pip) and the package (npm)
//   node scripts/tfjs-node.mjs --wheel tensorflow_cpu-….whl --package tensorflow-tfjs-node-4.22.0.tgz      offline
//
// Plain Node; what is not Node's own is yauzl, which `npm ci` has installed. Needs a C++ compiler and 0.9 GB of disk.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUNDLE, SetupError, main, root, setup } from './setup.mjs';

const USAGE = `Usage: node scripts/tfjs-node.mjs [options]

Builds @tensorflow/tfjs-node on the libtensorflow inside a TensorFlow wheel, as the back end \`tfjs-node\`.

  --wheel FILE      a wheel of tensorflow or tensorflow-cpu, for any Python; without it pip downloads one
  --version V       the version to download; the newest without it
  --gpu             download the wheel \`tensorflow\`, which can use CUDA, as the back end \`tfjs-node-gpu\`
  --package PATH    @tensorflow/tfjs-node 4.22: its npm tarball, or where it is installed (--ignore-scripts will do);
                    without it the installed one, else npm downloads it
  --into DIR        where it goes; without it GALAPAGOS_TFJS_NODE, else ~/.local/share/galapagos/tfjs-node
  --force           build again, though it is there
`;

/** What a finished directory says of itself, and by which it is recognised. */
const MANIFEST = 'galapagos-tfjs-node.json';

await main(async () => {
  const options = optionsOf(process.argv.slice(2));
  if (options.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  await setup();
  const { build } = await import('./tfjs-node/build.mjs');
  const { defaultDirectory } = await import('./tfjs-node/places.mjs');
  const into = resolve(options.into ?? defaultDirectory(process.env));
  if (options.force !== true && isDone(into, options)) {
    say(`It is there already: ${into} (--force builds it again).`);
    await tellUse(into);
    return 0;
  }
  await refuseStrangers(into);
  await mkdir(dirname(into), { recursive: true }).catch((error) => {
    throw new SetupError(`${dirname(into)} cannot be made: ${error.message}`);
  });
  // Beside its place, so that it gets there by one rename: half of it is never found by a trainer.
  const scratch = mkdtempSync(join(dirname(into), `.${basename(into)}-`));
  try {
    const manifest = await build(scratch, options, say);
    writeFileSync(join(scratch, 'done', MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    if (existsSync(into)) renameSync(into, join(scratch, 'old'));
    renameSync(join(scratch, 'done'), into);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  say(`Done: ${into}`);
  await tellUse(into);
  return 0;
});

function optionsOf(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        wheel: { type: 'string' },
        version: { type: 'string' },
        gpu: { type: 'boolean' },
        package: { type: 'string' },
        into: { type: 'string' },
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.wheel !== undefined && (values.version !== undefined || values.gpu === true)) {
      throw new Error('--wheel says which version and which kind: leave --version and --gpu out');
    }
    return values;
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${USAGE}`, 2);
  }
}

/** Whether what was asked for is there. */
function isDone(into, { wheel, version, gpu }) {
  const file = join(into, MANIFEST);
  if (!existsSync(file)) return false;
  const found = JSON.parse(readFileSync(file, 'utf8'));
  if (wheel !== undefined) return found.wheel === basename(wheel);
  return (version === undefined || found.tensorflow === version) && found.gpu === (gpu === true);
}

/** Replaces nothing that this script has not made. */
async function refuseStrangers(into) {
  if (!existsSync(into) || existsSync(join(into, MANIFEST))) return;
  const names = await readdir(into).catch(() => [into]);
  if (names.length === 0) return;
  throw new SetupError(`${into} is there, and this script has not made it; name another place with --into.`);
}

async function tellUse(into) {
  const { defaultDirectory } = await import('./tfjs-node/places.mjs');
  if (into !== defaultDirectory(process.env)) say(`Workers find it by: export GALAPAGOS_TFJS_NODE=${into}`);
  say(
    `See what a search would train with: ${existsSync(join(root, BUNDLE)) ? 'bin/galapagos' : 'npx galapagos'} doctor`,
  );
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
