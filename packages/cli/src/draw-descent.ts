import type { Descent, Outline } from '@galapagos/population';
import { describeMutation } from './draw-lineage.js';
import { percent, points } from './format.js';

interface Open {
  readonly node: Descent;
  /** What stands before it, and before those that follow below it. */
  readonly first: string;
  readonly rest: string;
}

/**
 * All that came of an individual as a tree of text: brothers and sisters branch off, an only child stands below its
 * parent, so that a long line stays narrow.
 */
export function drawDescent(tree: Descent): string[] {
  const lines: string[] = [];
  const open: Open[] = [{ node: tree, first: '', rest: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, first, rest } = next;
    lines.push(`  ${first}${describe(node.individual)}`);
    open.push(...childrenOf(node, rest).reverse());
  }
  return lines;
}

function childrenOf({ children }: Descent, rest: string): Open[] {
  const [only] = children;
  if (children.length === 1 && only !== undefined) return [{ node: only, first: `${rest}└ `, rest }];
  return children.map((node, index) => {
    const isLast = index === children.length - 1;
    return { node, first: `${rest}${isLast ? '└─' : '├─'} `, rest: `${rest}${isLast ? '   ' : '│  '}` };
  });
}

function describe({ id, state, fitness, details }: Outline): string {
  const { parentFitness, failure, mutations } = details;
  const result = fitness === null ? (failure ?? state) : percent(fitness);
  const gain = parentFitness === null || fitness === null ? '' : ` ${points(fitness - parentFitness)}`;
  return [id, `${result}${gain}`, mutations.map(describeMutation).join('; ')]
    .filter((part) => part !== '')
    .join('  ');
}
