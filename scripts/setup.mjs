// Makes a fresh clone, or one that was updated, ready to run: dependencies as the lockfile says, then a build.
// Plain Node without dependencies, since none may be there yet. Finds nothing to do in about a second.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What says of a directory that it is an archive of scripts/bundle.mjs, unpacked: complete, and without a registry. */
export const BUNDLE = 'bundle.json';

/** Thrown with a message that is meant for the user as it stands. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Installs what is missing and builds what changed. Two at once wait for each other.
 * @throws {SetupError} when Node is too old, or npm or the compiler fail
 */
export async function setup() {
  checkNodeVersion();
  if (existsSync(join(root, BUNDLE))) return checkPlatform();
  await withLock(join(root, '.cache', 'setup.lock'), async () => {
    const reason = whyInstall();
    if (reason !== undefined) await install(reason);
    await build();
  });
}

/** Runs `action`, says what went wrong in plain words, and ends with the code that it answers. */
export async function main(action) {
  try {
    process.exitCode = await action();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

function checkNodeVersion() {
  const required = readJson('package.json').engines.node.replace('>=', '');
  const [have, want] = [process.versions.node, required].map((version) => version.split('.').map(Number));
  const newer = have[0] > want[0] || (have[0] === want[0] && have[1] >= want[1]);
  if (!newer) {
    throw new SetupError(`Galapagos needs Node ${required} or newer; this is Node ${process.versions.node}.`);
  }
}

function checkPlatform() {
  const { platform, arch } = readJson(BUNDLE);
  if (platform === process.platform && arch === process.arch) return;
  throw new SetupError(
    `This was packed for ${platform} on ${arch}; this is ${process.platform} on ${process.arch}: pack it there (scripts/bundle.mjs).`,
  );
}

/** Why node_modules is not what package-lock.json asks for, or undefined where it is. */
function whyInstall() {
  const wanted = readJson('package-lock.json').packages;
  const record = join('node_modules', '.package-lock.json');
  if (!existsSync(join(root, record))) return 'there are no dependencies yet';
  const installed = readJson(record).packages;

  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const found = installed[path];
    // npm leaves out optional packages that are made for another platform, or that could not be installed.
    if (found === undefined && entry.optional === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (found === undefined) return `${name} is missing`;
    // Where a registry package came from (`resolved`) does not matter; where a link leads to does.
    const facts = entry.link === true ? ['link', 'resolved'] : ['version', 'integrity'];
    const same = facts.every((key) => found[key] === entry[key]);
    if (!same) return `${name} is another version`;
    if (!existsSync(join(root, path, 'package.json'))) return `${name} is missing`;
    if (!fits(entry.os, process.platform) || !fits(entry.cpu, process.arch)) {
      return `${name} was installed on another platform`;
    }
  }
  return undefined;
}

/** npm's rule for `os` and `cpu`: a list of what is allowed, or of what is not ("!win32"). */
function fits(list, value) {
  if (list === undefined) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((item) => item.startsWith('!'));
}

async function install(reason) {
  say(`Installing dependencies (${reason}) …`);
  // Under `npm run` this is the very npm that the user called.
  const script = process.env.npm_execpath;
  const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  // The tests and the compiler are development dependencies: needed, whatever NODE_ENV says.
  const result = await run(command, [...first, 'ci', '--include=dev', '--include=optional']);
  if (result.code !== 0) {
    process.stderr.write(result.output);
    throw new SetupError(
      'Could not install the dependencies: `npm ci` failed, its output is above. ' +
        'It needs a connection to a package registry the first time; running the same command again is safe.',
    );
  }
  say(`Installed in ${result.seconds} s.`);
}

async function build() {
  const first = !existsSync(join(root, 'packages', 'cli', 'dist', 'index.js'));
  if (first) say('Building …');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = await run(process.execPath, [compiler, '--build']);
  if (result.code !== 0) {
    process.stderr.write(result.output);
    throw new SetupError('Could not build: the compiler reports the errors above.');
  }
  // Compiled at installation; again where their sources have changed since.
  const kernels = join(root, 'packages', 'backend-simd', 'scripts', 'build-native.mjs');
  await run(process.execPath, [kernels, '--optional']);
  if (first) say(`Built in ${result.seconds} s.`);
}

/** Runs a program to its end and keeps what it says: that is of interest only if it fails. */
function run(command, args) {
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  // Ending this process alone would leave npm at work behind a lock that looks free.
  let stoppedBy;
  const stop = (signal) => {
    stoppedBy ??= signal;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(new SetupError(`Could not start ${command}: ${error.message}`));
    });
    child.once('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (stoppedBy === undefined) resolve({ code, output, seconds });
      else
        reject(new SetupError(`The set-up was stopped (${stoppedBy}).`, 128 + constants.signals[stoppedBy]));
    });
  });
}

// stdout belongs to the command that comes after the set-up.
function say(line) {
  process.stderr.write(`${line}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup();
    return 0;
  });
}
