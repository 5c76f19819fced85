import { type Level, type WorkerEvent, logEvents } from '@galapagos/worker';
import { expect, test } from 'vitest';

function logged(events: readonly WorkerEvent[], level?: Level): Record<string, unknown>[] {
  const lines: string[] = [];
  const log = logEvents({ write: (line) => lines.push(line) }, level);
  for (const event of events) log(event);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const events: WorkerEvent[] = [
  { event: 'joined', worker: 'w7', host: 'n1', task: '7_0', backend: 'bits' },
  { event: 'lost-race', over: 'w1-1' },
  { event: 'buried', id: 'w7-1', class: 'over-limit', reason: 'too many parameters' },
  { event: 'left' },
];

test('events are lines of JSON with the worker, the time and a level', () => {
  expect(logged(events)).toEqual([
    {
      ...{ level: 'info', time: expect.any(String) as string, worker: 'w7' },
      ...{ host: 'n1', task: '7_0', backend: 'bits', msg: 'joined' },
    },
    {
      level: 'warn',
      time: expect.any(String) as string,
      worker: 'w7',
      id: 'w7-1',
      class: 'over-limit',
      reason: 'too many parameters',
      msg: 'buried',
    },
    { level: 'info', time: expect.any(String) as string, worker: 'w7', msg: 'left' },
  ]);
});

test('the level decides what is said', () => {
  expect(logged(events, 'debug').map(({ msg }) => msg)).toEqual(['joined', 'lost-race', 'buried', 'left']);
  expect(logged(events, 'warn').map(({ msg }) => msg)).toEqual(['buried']);
});
