import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstDna } from '@galapagos/dna';
import { findCheckpoints, nodeFilesystem } from '@galapagos/population';
import { afterEach, describe, expect, test } from 'vitest';
import {
  CommandTrainer,
  type CommandTrainerOptions,
} from '../../packages/trainer/src/command/command-trainer.js';
import type { EvaluationControl } from '../../packages/trainer/src/trainer.js';
import { decodeWeights } from '../../packages/trainer/src/weights-file.js';
import { eventually, isRunning, processesOfThisRun, startProcess } from '../support/processes.js';
import { chain, individualOf, stripes, temporaryFolder } from './support.js';

// As it is installed: compiled.
const guard = join(import.meta.dirname, '../../packages/trainer/dist/command/guard.js');
const fixture = join(import.meta.dirname, 'fixtures/command.mjs');
const dna = chain([{ conv: { factor: 2 }, bn: true }]);

const open: CommandTrainer[] = [];
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.close();
});

function trainerOf(behaviour: string, options: Partial<CommandTrainerOptions> = {}): CommandTrainer {
  const command = `${process.execPath} ${fixture} ${behaviour}`;
  const trainer = new CommandTrainer({ command, data: stripes, training: { steps: 10 }, guard, ...options });
  open.push(trainer);
  return trainer;
}

function control(options: Partial<EvaluationControl> = {}): EvaluationControl {
  const never = new AbortController().signal;
  return { handBack: never, abandon: never, onProgress: () => undefined, ...options };
}

const running = () =>
  processesOfThisRun().filter(({ command }) => /^\S+ \S+command\.mjs|grandchild/.test(command));

describe('a trainer of somebody else’s', () => {
  test('is believed what it answers, and its weights are kept', async () => {
    const request = individualOf(dna);
    const losses: number[] = [];
    const trainer = trainerOf('good');
    expect(await trainer.ready()).toMatchObject({ backend: 'command', checksum: /^[0-9a-f]{64}$/ });
    const outcome = await trainer.evaluate(request, control({ onProgress: ({ loss }) => losses.push(loss) }));
    expect(outcome).toMatchObject({
      kind: 'evaluated',
      flops: 7,
      result: {
        fitness: 0.75,
        diverged: false,
        steps: 10,
        flops: 7,
        backend: 'command',
        backendDetail: 'a fixture',
        weights: /^[0-9a-f]{64}$/,
      },
    });
    expect(losses).toEqual([1.5]);
    // It left none, in a whole training.
    expect(trainer.keepsCheckpoints).toBe(false);
    const { arrays } = decodeWeights(readFileSync(join(request.output, 'weights.safetensors')));
    expect([...arrays.keys()]).toContain('edge/e1/filter');
    expect(readdirSync(request.output)).toEqual(['weights.safetensors']);
  });

  test('is told whom to train, with what, and where to', async () => {
    const request = { ...individualOf(dna), attempt: 2 };
    writeFileSync(join(request.individual, 'inherited.safetensors'), '');
    const outcome = await trainerOf('told').evaluate(request, control());
    expect(outcome).toMatchObject({ kind: 'failed', failure: { class: 'crash' } });
    const told = JSON.parse(outcome.kind === 'failed' ? outcome.failure.reason : '') as Record<
      string,
      string
    >;
    expect(told).toMatchObject({
      GALAPAGOS_ID: request.id,
      GALAPAGOS_ATTEMPT: '2',
      GALAPAGOS_DNA: join(request.individual, 'dna.json'),
      GALAPAGOS_INHERITED: join(request.individual, 'inherited.safetensors'),
      GALAPAGOS_CHECKPOINT: '',
      GALAPAGOS_SEED: request.seed,
    });
    expect(JSON.parse(told['GALAPAGOS_TRAINING'] ?? '')).toMatchObject({ steps: 10, batchSize: 50 });
    expect(told['GALAPAGOS_DATA']).toMatch(/\.gpack$/);
    // Nothing of its own stays.
    expect(existsSync(told['GALAPAGOS_OUTPUT'] ?? '')).toBe(false);
  });

  test('has its checkpoints kept, is asked back, and goes on from the last one', async () => {
    const request = individualOf(dna);
    const back = new AbortController();
    const trainer = trainerOf('interrupted');
    expect(trainer.keepsCheckpoints).toBeUndefined();
    const outcome = trainer.evaluate(request, control({ handBack: back.signal }));
    await eventually(
      async () => (await findCheckpoints(nodeFilesystem, request.output)).length === 1,
      25_000,
    );
    back.abort();
    expect(await outcome).toMatchObject({ kind: 'handed-back' });
    expect(trainer.keepsCheckpoints).toBe(true);
    const [resume] = await findCheckpoints(nodeFilesystem, request.output);
    expect(resume).toMatchObject({ attempt: 1, step: 41 });

    const steps: number[] = [];
    const again = new AbortController();
    const goingOn = trainer.evaluate(
      { ...request, resume },
      control({ handBack: again.signal, onProgress: ({ step }) => steps.push(step) }),
    );
    await eventually(() => steps.length > 0, 25_000);
    again.abort();
    await goingOn;
    expect(steps[0]).toBe(41);
  });

  test('is killed where it does not come back when it is asked to', async () => {
    const back = new AbortController();
    const outcome = await trainerOf('deaf', { graceSeconds: 0.2 }).evaluate(
      individualOf(dna),
      control({ handBack: back.signal, onProgress: () => back.abort() }),
    );
    expect(outcome.kind).toBe('handed-back');
    expect(running()).toEqual([]);
  });

  test('is killed with all that it has started, when the individual is another’s', async () => {
    const abandon = new AbortController();
    let child = 0;
    const outcome = await trainerOf('parent').evaluate(
      individualOf(dna),
      control({
        abandon: abandon.signal,
        onProgress: ({ step }) => {
          child = step;
          abandon.abort();
        },
      }),
    );
    expect(outcome.kind).toBe('taken-away');
    await eventually(() => !isRunning(child));
    expect(running()).toEqual([]);
  });

  test('does not outlive its worker', async () => {
    const request = individualOf(dna);
    const script = `
      import { CommandTrainer } from '${join(import.meta.dirname, '../../packages/trainer/dist/index.js')}';
      const never = new AbortController().signal;
      const trainer = new CommandTrainer(${JSON.stringify({
        command: `${process.execPath} ${fixture} parent`,
        data: stripes,
        training: { steps: 10 },
      })});
      await trainer.evaluate(${JSON.stringify(request)}, { handBack: never, abandon: never, onProgress: () => undefined });`;
    const temporary = temporaryFolder();
    const worker = startProcess(process.execPath, ['--input-type=module', '-e', script], {
      env: { TMPDIR: temporary, GALAPAGOS_CACHE: temporaryFolder() },
    });
    await eventually(() => running().length === 2, 25_000);
    worker.child.kill('SIGKILL');
    await worker.finished;
    await eventually(() => running().length === 0, 25_000);
    // Nor does what it wrote.
    await eventually(() =>
      readdirSync(temporary)
        .flatMap((name) => readdirSync(`${temporary}/${name}`))
        .every((name) => name.endsWith('.gpack')),
    );
  });

  test('may say more than anybody wants to read', async () => {
    const steps: number[] = [];
    const outcome = await trainerOf('talkative').evaluate(
      individualOf(dna),
      control({ onProgress: ({ step }) => steps.push(step) }),
    );
    expect(outcome).toMatchObject({ kind: 'failed', failure: { reason: /ended with code 4/ } });
    expect(steps.length).toBeLessThan(20);
    expect(outcome.kind === 'failed' && outcome.failure.log.length).toBeLessThanOrEqual(4000);
  });

  test.each([
    ['diverged', { kind: 'evaluated', result: { fitness: 0, diverged: true, weights: null } }],
    ['weightless', { kind: 'evaluated', result: { fitness: 0.5, weights: null } }],
    ['endless', { kind: 'failed', failure: { class: 'crash', reason: /dense\/bias is not finite/ } }],
    ['spoilt', { kind: 'failed', failure: { class: 'bad-data' } }],
    ['odd', { kind: 'failed', failure: { class: 'crash', reason: /evaluation\.json: .*fitness/ } }],
    ['garbled', { kind: 'failed', failure: { class: 'crash', reason: /evaluation\.json: no JSON/ } }],
    ['piped', { kind: 'failed', failure: { class: 'crash', reason: /evaluation\.json: cannot be read/ } }],
    [
      'mistaken',
      { kind: 'failed', failure: { class: 'crash', reason: /'nowhere' was announced, and is no file/ } },
    ],
    ['careless', { kind: 'evaluated', result: { fitness: 0.5 } }],
    ['silent', { kind: 'failed', failure: { class: 'crash', reason: /left no evaluation\.json/ } }],
    [
      'gone',
      { kind: 'failed', failure: { class: 'crash', reason: /ended with code 3/, log: /I am to be gone/ } },
    ],
  ])('comes to what it comes to: %s', async (behaviour, expected) => {
    expect(await trainerOf(behaviour).evaluate(individualOf(dna), control())).toMatchObject(expected);
    await eventually(() => running().length === 0);
  });

  test('ends the worker where it can train nothing at all', async () => {
    await expect(trainerOf('helpless').evaluate(individualOf(dna), control())).rejects.toMatchObject({
      kind: 'backend',
      message: /it can train nothing here \(6\): .*no GPU/s,
    });
    const missing = trainerOf('', { command: 'no-such-program --at-all' });
    await expect(missing.evaluate(individualOf(dna), control())).rejects.toMatchObject({
      kind: 'data',
      message: /no-such-program --at-all: the shell cannot start it \(127\)/,
    });
  });

  test('is not begun where a shell cannot read its command', async () => {
    await expect(trainerOf('', { command: "python3 'train.py" }).ready()).rejects.toMatchObject({
      kind: 'data',
      message: /the shell cannot read it: .*quote/is,
    });
  });

  test('has no more time than an individual may take, and is not started for one beyond its limits', async () => {
    const slow = trainerOf('deaf', { training: { steps: 10, limits: { seconds: 0.3 } } });
    expect(await slow.evaluate(individualOf(dna), control())).toMatchObject({
      kind: 'failed',
      failure: { class: 'over-limit', reason: /of training, more than the limit of 0\.3 s/ },
    });
    const large = trainerOf('good', { training: { steps: 10, limits: { parameters: 3 } } });
    expect(await large.evaluate(individualOf(firstDna()), control())).toMatchObject({
      kind: 'failed',
      failure: { class: 'over-limit', reason: /parameters/ },
    });
  });
});
