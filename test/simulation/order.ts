import { SeededRandom } from '@galapagos/dna';
import { Population, fsck } from '@galapagos/population';
import { VirtualProcess } from './machines.js';
import type { Plan, Schedule } from './simulation.js';
import { ROOT } from './world.js';

/** When everybody has left nothing is left that nobody owns, the population is at its set point, fsck is content. */
export async function expectOrder(
  schedule: Pick<Schedule, 'world' | 'invariants' | 'violate'> & { readonly plan: Pick<Plan, 'setPoint'> },
): Promise<void> {
  const { plan, world, invariants, violate } = schedule;
  const { witness, hosts } = world;
  const { size } = invariants;
  if (size !== plan.setPoint) violate(`${size} live after one worker was alone, not ${plan.setPoint}`);
  const places = witness
    .names('workers')
    .flatMap((worker) => [`workers/${worker}/staging`, `workers/${worker}/trash`]);
  const left = [...places, 'training', 'dead', 'lost+found'].flatMap((place) =>
    witness.names(place).map((name) => `${place}/${name}`),
  );
  if (left.length > 0) violate(`nobody owns ${left.join(', ')}`);
  const [host] = hosts;
  if (host === undefined) return;
  const { clock } = new VirtualProcess(host);
  const ground = { filesystem: world.truth, clock, random: new SeededRandom('order') };
  for (const { path, problem } of await fsck(await Population.open(ROOT, ground), world.omniscience)) {
    // A torn line is what a crash leaves; an order that was being written when its giver died, too.
    if (problem !== 'a torn line' && !path.startsWith('control/')) violate(`fsck: ${path}: ${problem}`);
  }
}
