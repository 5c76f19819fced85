import { describe, expect, it } from 'vitest';
import { plot } from '../../packages/cli/src/plot.js';

describe('a plot', () => {
  it('is a line without gaps, from the first point to the last', () => {
    const points = [0, 1, 2, 3, 4].map((x) => [x, x === 2 ? 1 : 0] as const);
    expect(`\n${plot(points, 30).join('\n')}\n`).toMatchInlineSnapshot(`
      "
        1.00 │⠀⠀⠀⠀⠀⠀⠀⠀⠀⢀⠖⡄⠀⠀⠀⠀⠀⠀⠀⠀⠀
             │⠀⠀⠀⠀⠀⠀⠀⠀⠀⡜⠀⠸⡀⠀⠀⠀⠀⠀⠀⠀⠀
             │⠀⠀⠀⠀⠀⠀⠀⠀⡜⠀⠀⠀⠱⡀⠀⠀⠀⠀⠀⠀⠀
             │⠀⠀⠀⠀⠀⠀⠀⡸⠀⠀⠀⠀⠀⢱⠀⠀⠀⠀⠀⠀⠀
             │⠀⠀⠀⠀⠀⠀⡰⠁⠀⠀⠀⠀⠀⠀⢣⠀⠀⠀⠀⠀⠀
        0.00 │⣀⣀⣀⣀⣀⡰⠁⠀⠀⠀⠀⠀⠀⠀⠀⢣⣀⣀⣀⣀⣀
             ╰─────────────────────
              0                   4
      "
    `);
  });

  it('of one point, and of a loss that stands still, is a level line', () => {
    for (const points of [
      [[7, 0.25]],
      [
        [7, 0.25],
        [9, 0.25],
      ],
    ] as const) {
      const lines = plot(points, 40);
      expect(lines.filter((line) => /[^\u2800 │0-9.]/.test(line.split('│')[1] ?? ''))).toHaveLength(1);
    }
  });

  it('stays within the columns', () => {
    const points = Array.from({ length: 100 }, (_, x) => [x * 1000, 1 / (x + 1)] as const);
    for (const columns of [40, 80, 200]) {
      const widest = Math.max(...plot(points, columns).map((line) => line.length));
      expect(widest).toBeLessThanOrEqual(Math.min(columns, 75));
    }
  });
});
