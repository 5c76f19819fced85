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

function describe({ id, birth, evaluation, failure, state }: Outline): string {
  const { parent, mutations } = birth;
  const fitness = evaluation === undefined ? (failure?.class ?? state) : percent(evaluation.fitness);
  const gain =
    parent === null || evaluation === undefined ? '' : ` ${points(evaluation.fitness - parent.fitness)}`;
  const applied = mutations.filter(({ outcome }) => outcome === 'applied').map(describeMutation);
  return [id, `${fitness}${gain}`, applied.join('; ')].filter((part) => part !== '').join('  ');
}
