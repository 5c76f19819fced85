import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExampleStream } from '../../packages/trainer/src/example-stream.js';

fc.configureGlobal({ seed: 1703 });

const counts = fc.integer({ min: 1, max: 40 });

describe('ExampleStream', () => {
  test('gives each example once an epoch, whatever the batches', () => {
    fc.assert(
      fc.property(
        counts,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
        (count, sizes) => {
          const stream = new ExampleStream(count, 'seed');
          const given = sizes.flatMap((size) => {
            const batch = stream.next(size);
            expect(batch).toHaveLength(size);
            return [...batch];
          });
          for (let from = 0; from + count <= given.length; from += count) {
            const epoch = given.slice(from, from + count).sort((a, b) => a - b);
            expect(epoch).toEqual(Array.from({ length: count }, (_, i) => i));
          }
          expect(new Set(given.slice(-(given.length % count))).size).toBe(
            given.length % count || Math.min(count, given.length),
          );
        },
      ),
    );
  });

  test('another epoch and another seed have another order', () => {
    const stream = new ExampleStream(50, 'seed');
    const [first, second] = [stream.next(50), stream.next(50)];
    expect(first).not.toEqual(second);
    expect(first).toEqual(new ExampleStream(50, 'seed').next(50));
    expect(first).not.toEqual(new ExampleStream(50, 'other').next(50));
  });

  test('goes on from its state, at any point, with the same examples and the same chance', () => {
    fc.assert(
      fc.property(
        counts,
        fc.nat(100),
        fc.nat(5),
        fc.integer({ min: 1, max: 100 }),
        (count, before, draws, after) => {
          const stream = new ExampleStream(count, 'seed');
          stream.next(before);
          for (let i = 0; i < draws; i++) stream.random.next();
          const continued = new ExampleStream(count, structuredClone(stream.state));
          for (const size of [after, 1, after]) {
            expect(continued.next(size)).toEqual(stream.next(size));
            expect(continued.random.next()).toBe(stream.random.next());
          }
          expect(continued.state).toEqual(stream.state);
        },
      ),
    );
  });
});
