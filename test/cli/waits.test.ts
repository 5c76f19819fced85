import { describe, expect, test, vi } from 'vitest';
import { Waits } from '../../packages/cli/src/launch/waits.js';

function waits() {
  const err = vi.fn();
  const told = () => err.mock.calls.map(([line]) => line as string);
  return {
    told,
    waits: new Waits({ err, out: err, status: err, screen: err, isWatched: false, columns: 80 }),
  };
}

describe('workers that wait for room', () => {
  test('are told of once, and when the last one waits no more', () => {
    const { told, waits: these } = waits();
    these.note(0, 'the disk is full');
    these.note(1, 'the disk is full');
    expect(these.any).toBe(true);
    these.note(0, undefined);
    expect(told()).toEqual(['worker 0 waits for room: the disk is full']);
    these.note(1, undefined);
    expect(told().at(-1)).toBe('there is room again');
    expect(these.any).toBe(false);
  });

  test('and do no more where they ended, which says nothing of any room', () => {
    const { told, waits: these } = waits();
    these.note(0, 'the disk is full');
    these.forget(0);
    these.note(1, undefined);
    expect({ any: these.any, lines: told().length }).toEqual({ any: false, lines: 1 });
  });
});
