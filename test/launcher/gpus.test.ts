import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseGpus, gpuOf, installedGpus, visibleGpus } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { LISTS, machineWith } from '../support/nvidia-smi.js';

const [first, second] = [
  'GPU-5c8f0a12-0000-4000-8000-00000000000a',
  'GPU-77aa0b34-0000-4000-8000-00000000000b',
];

describe('what a machine has', () => {
  test('is what its driver says', async () => {
    expect(await installedGpus(machineWith(LISTS.two))).toEqual({
      gpus: [
        { index: 0, uuid: first, name: 'NVIDIA H200' },
        { index: 1, uuid: second, name: 'NVIDIA H200' },
      ],
      problem: undefined,
    });
  });

  test('are the parts of what is divided', async () => {
    const { gpus } = await installedGpus(machineWith(LISTS.divided));
    expect(gpus.map(({ index, name }) => `${index} ${name}`)).toEqual([
      '0 NVIDIA A100-SXM4-80GB, MIG 3g.40gb',
      '0 NVIDIA A100-SXM4-80GB, MIG 1g.10gb',
      '1 NVIDIA A100-SXM4-80GB',
    ]);
    expect(gpus.map(({ uuid }) => uuid.slice(0, 8))).toEqual(['MIG-1f2e', 'MIG-2f3e', 'GPU-77aa']);
  });

  test('is nothing where there is no driver, and unknown where it fails', async () => {
    expect(await installedGpus({ PATH: '/nowhere' })).toEqual({ gpus: [], problem: undefined });
    const failing = machineWith(['Failed to initialize NVML: Driver/library version mismatch'], 18);
    expect(await installedGpus(failing)).toEqual({
      gpus: [],
      problem: 'nvidia-smi: Failed to initialize NVML: Driver/library version mismatch',
    });
  });
});

describe('what CUDA_VISIBLE_DEVICES leaves', () => {
  test.each([
    [undefined, [first, second]],
    ['', []],
    ['NoDevFiles', []],
    ['-1', []],
    ['none', []],
    ['0', ['0']],
    ['1,0', ['1', '0']],
    [' 1 , 0 ', ['1', '0']],
    ['0,-1,1', ['0']],
    ['0,7', ['0']],
    ['0,0', ['0']],
    [second, [second]],
    ['GPU-77aa', ['GPU-77aa']],
    ['GPU-beef,0', []],
    [
      'MIG-GPU-5c8f0a12-0000-4000-8000-00000000000a/1/0',
      ['MIG-GPU-5c8f0a12-0000-4000-8000-00000000000a/1/0'],
    ],
  ])('of two: %j', async (visible, found) => {
    const { gpus } = await installedGpus(machineWith(LISTS.two));
    expect(visibleGpus(visible, gpus)).toEqual(found);
  });

  test('is believed where nobody says what there is', () => {
    expect(visibleGpus('3,5', [])).toEqual(['3', '5']);
    expect(visibleGpus('MIG-1f2e0000-0000-5000-8000-000000000001', [])).toEqual([
      'MIG-1f2e0000-0000-5000-8000-000000000001',
    ]);
    expect(visibleGpus(undefined, [])).toEqual([]);
  });
});

describe('a choice', () => {
  const visible = ['4', '6', 'GPU-77aa'];

  test.each([
    ['auto', visible],
    ['none', []],
    ['0', ['4']],
    ['2,1', ['GPU-77aa', '6']],
    ['GPU-77', ['GPU-77aa']],
  ])('%s', (asked, chosen) => {
    expect(chooseGpus(asked, visible)).toEqual(chosen);
  });

  test.each([
    ['3', 'no GPU 3: visible are 0 (4), 1 (6), 2 (GPU-77aa)'],
    ['0,,1', 'no GPU : visible are'],
    ['first', 'no GPU first: visible are'],
    ['1,1', 'GPU 6 is named twice'],
  ])('%s is none', (asked, message) => {
    expect(() => chooseGpus(asked, visible)).toThrow(message);
  });

  test('where there is none', () => {
    expect(() => chooseGpus('0', [])).toThrow('no GPU 0: none is visible here');
  });
});

test('workers are dealt out to GPUs one after the other', () => {
  expect([0, 1, 2, 3].map((slot) => gpuOf(slot, ['4', '6']))).toEqual(['4', '6', '4', '6']);
  expect(gpuOf(0, [])).toBeUndefined();
});

test('docs/gpus.md says of every form of CUDA_VISIBLE_DEVICES what three workers get', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/gpus.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| (`(?!CUDA)|\((unset|empty)\))/.test(line));
  expect(rows).toHaveLength(11);
  const lists = {
    two: (await installedGpus(machineWith(LISTS.two))).gpus,
    divided: (await installedGpus(machineWith(LISTS.divided))).gpus,
  };
  for (const row of rows) {
    const [value = '', , ...workers] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', ''));
    const forms: Record<string, string | undefined> = { '(unset)': undefined, '(empty)': '' };
    const text = value.replace(' (on a divided one)', '');
    const installed = text === value ? lists.two : lists.divided;
    const visible = visibleGpus(text in forms ? forms[text] : text, installed);
    const found = [0, 1, 2].map((slot) => {
      if (visible.length === 0) return 'the processor';
      if (slot >= 2 * visible.length) return `refused: ${2 * visible.length} at most`;
      return (gpuOf(slot, visible) ?? '').replace(/-0000-4000-8000-0*/, '-…');
    });
    expect(workers, row).toEqual(found);
  }
});
