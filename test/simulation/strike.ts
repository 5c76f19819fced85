import {
  type Population,
  type SweepOptions,
  findWaste,
  giveOrder,
  repair,
  sweep,
} from '@galapagos/population';
import { type Fault, INSTANTS } from './faults.js';
import type { Schedule } from './simulation.js';

/** Lets a fault happen; resolves when it is over. */
export async function strike(schedule: Schedule, { kind, seconds, whom, upon }: Fault): Promise<void> {
  const { plan, world, invariants, staff, wait } = schedule;
  const { disk } = world;
  const worker = staff.present[whom % Math.max(1, staff.present.length)];
  if (worker === undefined) return;
  const { host } = worker;
  if (upon !== undefined)
    await Promise.race([world.isAbout(worker.process, INSTANTS[upon]), wait(0.5 * plan.leaseSeconds)]);
  world.say('', `${kind}, for ${seconds.toFixed(1)} s: ${world.names.get(worker.process)}, ${host.name}`);
  switch (kind) {
    case 'kill':
      return worker.kill();
    case 'stop':
    case 'stop with trainer':
      worker.stop(kind === 'stop with trainer');
      await wait(seconds);
      return worker.goOn();
    case 'cut host':
      host.cut();
      await wait(seconds);
      return host.heal();
    case 'requeue':
      // Of every other Slurm only believes that it is no more.
      if (whom % 2 === 0) host.cut();
      staff.requeue(worker);
      await wait(seconds);
      return host.heal();
    case 'server hangs': {
      for (const one of world.hosts) one.cut();
      await wait(seconds);
      const first = whom % world.hosts.length;
      for (const one of [...world.hosts.slice(first), ...world.hosts.slice(0, first)]) one.heal();
      return;
    }
    case 'host loses power':
    case 'all lose power':
      if (kind === 'all lose power' || plan.filesystem === 'local disk') world.losePower();
      else {
        host.losePower({ withServer: false });
        disk.cutClientPower(host.name, world.random);
      }
      return invariants.powerWasLost();
    case 'disk full':
    case 'quota':
      disk.capacity = {
        bytes: disk.used.bytes + whom,
        inodes: Infinity,
        refusal: kind === 'quota' ? 'EDQUOT' : 'ENOSPC',
      };
      await wait(seconds);
      disk.capacity = { bytes: Infinity, inodes: Infinity, refusal: 'ENOSPC' };
      return;
    case 'read-only':
      disk.isReadOnly = true;
      await wait(seconds);
      disk.isReadOnly = false;
      return;
    case 'pause':
      await atCommandLine(schedule, (population) => giveOrder(population, { order: 'pause' }));
      await wait(seconds);
      // Until it went through: a person would look.
      while (!(await atCommandLine(schedule, (population) => giveOrder(population, { order: 'resume' }))))
        await wait(1);
      return;
    case 'repair':
      await atCommandLine(schedule, repair);
      return;
    case 'sweep':
      await atCommandLine(schedule, async (population, options) =>
        sweep(population, await findWaste(population, options.host), options),
      );
      return;
  }
}

/** Somebody at a command line, beside the workers. @returns Whether it came to its end. */
async function atCommandLine(
  { world }: Schedule,
  act: (population: Population, options: SweepOptions) => Promise<unknown>,
): Promise<boolean> {
  const host = world.hosts[0];
  if (host === undefined) return false;
  const { process, filesystem } = world.start(host, 'somebody');
  world.ledger.know(process);
  const options: SweepOptions = {
    host: process.machine,
    version: '0.0.0-test',
    backend: 'none',
    hallOfFame: world.options.hallOfFame,
    politely: (_path, work) => work(),
  };
  let done = false;
  const acting = (async () => {
    await act(await world.open(process, filesystem), options);
    done = true;
  })();
  // What a filesystem in trouble refuses; mistakes are the workers' to show.
  await Promise.race([acting.catch(() => undefined), process.gone]);
  process.kill();
  return done;
}
