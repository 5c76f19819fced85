import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { SetupError } from '../setup.mjs';

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map(
  (name) => `tensorflow/${name}`,
);
const HEADERS =
  /^tensorflow\/include\/(tensorflow\/c\/|tensorflow\/(core|tsl)\/platform\/ctstring|tsl\/platform\/ctstring|xla\/tsl\/)/;
const ARCHITECTURES = { x64: 'x86_64', arm64: 'aarch64' };
/** What the binding and its scripts take beside what is unpacked. */
const SPARE_BYTES = 50e6;

/** @throws {SetupError} where no wheel can fit. */
export function requireLinux() {
  const { platform, arch } = process;
  const { glibcVersionRuntime } = process.report.getReport().header;
  if (platform !== 'linux' || ARCHITECTURES[arch] === undefined)
    throw new SetupError(`This works on Linux, x64 or arm64; this is ${platform} ${arch}.`);
  if (glibcVersionRuntime === undefined)
    throw new SetupError(
      'TensorFlow needs glibc; this system has another C library (Alpine Linux has musl).',
    );
}

/** The manylinux tag of this machine's wheels. */
export function architecture() {
  return ARCHITECTURES[process.arch];
}

/** @throws {SetupError} where the name of a wheel says that it is made for another system. */
export function refuseOtherPlatform(file) {
  const name = basename(file);
  const [, distribution = '', platforms = ''] =
    /^([A-Za-z0-9_.]+)-[^-]+-[^-]+-[^-]+-([^-]+)\.whl$/.exec(name) ?? [];
  if (platforms === '')
    throw new SetupError(
      `${name} is not named as a wheel: tensorflow_cpu-2.21.0-cp311-cp311-manylinux_….whl, say.`,
    );
  if (!/^(tensorflow|tf_nightly|intel_tensorflow)/.test(distribution))
    throw new SetupError(`${name} is a wheel of ${distribution}, not of TensorFlow.`);
  if (!platforms.includes('linux') || !platforms.includes(architecture()))
    throw new SetupError(
      `${name} is made for ${platforms}; this machine needs one for manylinux and ${architecture()}.`,
    );
  const [, major, minor] = /manylinux_(\d+)_(\d+)/.exec(platforms) ?? [];
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  const [haveMajor, haveMinor] = glibc.split('.').map(Number);
  if (haveMajor < Number(major) || (haveMajor === Number(major) && haveMinor < Number(minor)))
    throw new SetupError(
      `${name} needs glibc ${major}.${minor}; this system has ${glibc}. Take an older wheel.`,
    );
}

/**
 * Opens a wheel of TensorFlow.
 * @throws {SetupError} where it is none.
 */
export async function openWheel(file) {
  const zip = await openZip(file);
  const entries = new Map();
  await new Promise((resolve, reject) => {
    zip.on('entry', (entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', resolve).on('error', reject);
    zip.readEntry();
  }).catch((error) => {
    throw damaged(file, error.message);
  });
  const missing = LIBRARIES.find((name) => !entries.has(name));
  if (missing !== undefined)
    throw new SetupError(`${file} holds no ${missing}: it needs a wheel of TensorFlow 2.11 or newer.`);
  const record = [...entries.keys()].find((name) => name.endsWith('.dist-info/RECORD'));
  const [, version] = /-([^-]+)\.dist-info\//.exec(record ?? '') ?? [];
  if (version === undefined) throw damaged(file, 'it has no RECORD');
  const read = promisify(zip.openReadStream.bind(zip));
  return {
    version,
    /** Wheels for the CPU alone are named so. */
    isGpu:
      !/^tensorflow_cpu\b|^tensorflow_cpu-|^intel_tensorflow/.test(basename(file)) &&
      architecture() === 'x86_64',
    close: () => zip.close(),
    /** The libraries go to one place, the headers to another, each checked by the SHA-256 that the wheel records. */
    async unpack(librariesTo, headersTo) {
      const wanted = [...entries.values()].filter(
        ({ fileName }) => LIBRARIES.includes(fileName) || (HEADERS.test(fileName) && !fileName.endsWith('/')),
      );
      requireSpace(
        librariesTo,
        wanted.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
      );
      const sums = sumsOf(await textOf(await read(entries.get(record))));
      for (const entry of wanted) {
        const isLibrary = LIBRARIES.includes(entry.fileName);
        const path = join(isLibrary ? librariesTo : headersTo, entry.fileName);
        mkdirSync(dirname(path), { recursive: true });
        const sum = await unpackOne(file, await read(entry), path);
        if (sums.get(entry.fileName) !== sum) throw damaged(file, `${entry.fileName} has another SHA-256`);
      }
    },
  };
}

async function openZip(file) {
  try {
    return await promisify(yauzl.open)(file, { lazyEntries: true, autoClose: false });
  } catch (error) {
    if (error.code === 'ENOENT') throw new SetupError(`There is no ${file}.`);
    throw damaged(file, error.message);
  }
}

async function unpackOne(file, stream, path) {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(stream, hashing, createWriteStream(path));
  } catch (error) {
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') throw new SetupError(`The disk is full: ${path}`);
    throw damaged(file, error.message);
  }
  return hash.digest('base64url');
}

/** By path, the checksums in a wheel's RECORD. */
function sumsOf(record) {
  return new Map(
    record.split('\n').flatMap((line) => {
      const [, path, sum] = /^"?(.+?)"?,sha256=([\w-]+),/.exec(line) ?? [];
      return path === undefined ? [] : [[path, sum]];
    }),
  );
}

async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function requireSpace(directory, bytes) {
  const { bavail, bsize } = statfsSync(directory);
  const [needed, free] = [bytes + SPARE_BYTES, bavail * bsize];
  if (free >= needed) return;
  const megabytes = (n) => `${Math.ceil(n / 1e6)} MB`;
  throw new SetupError(
    `Too little disk: ${megabytes(needed)} are needed in ${dirname(dirname(directory))}, ${megabytes(free)} are free. --into names another place.`,
  );
}

function damaged(file, why) {
  return new SetupError(
    `${file} is not a wheel, or is damaged: ${why.replace(/\.$/, '')}. Download it again.`,
  );
}
