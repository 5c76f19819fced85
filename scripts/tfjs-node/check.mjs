import { SetupError, root } from '../setup.mjs';
import { indented } from './fetch.mjs';
import { run } from './run.mjs';

/** One convolution: 100 is the number of weights of 3 x 3 filters that lie on an image of 4 x 4. */
const PROGRAM = `
const tf = require('@tensorflow/tfjs-core');
const loaded = require(process.argv[1])(tf);
if (!tf.setBackend('tensorflow')) throw new Error('it does not start');
const sum = tf.conv2d(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), 1, 'same').dataSync().reduce((a, b) => a + b);
if (sum !== 100) throw new Error('a convolution gives ' + sum + ', not 100');
console.log(JSON.stringify(loaded));
`;

/**
 * Loads what was built, in a process of its own, and lets it compute.
 * @returns {Promise<{ version: string, isGpu: boolean }>}
 */
export async function check(directory) {
  const { code, output, stdout } = await run(process.execPath, ['-e', PROGRAM, `${directory}/register.cjs`], {
    cwd: root,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (code === 0 && line.startsWith('{')) return JSON.parse(line);
  throw new SetupError(`It is built, but does not run here:\n${indented(output)}`);
}
