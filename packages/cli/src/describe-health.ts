import type { Health } from './commands/doctor.js';
import { describeMount } from './describe-mount.js';
import { bytes, scaled } from './format.js';

/** What the doctor found, as lines of text. */
export function describeHealth(health: Health): string[] {
  const { node, training, flopsPerSecond } = health;
  return [
    `Node         ${node.version}, ${node.platform} ${node.architecture}`,
    `processor    ${describeProcessor(health)}`,
    `memory       ${describeMemory(health)}`,
    ...describeGpus(health),
    ...(health.directory === null ? [] : describeMount(health.directory)),
    'back ends',
    ...health.backends.flatMap(describeBackend),
    training.backend === null
      ? `training     not possible with ${training.choice}: ${training.reason}`
      : `training     ${training.backend}, ${training.detail}: ${training.reason}`,
    ...(flopsPerSecond === null
      ? []
      : [`speed        ${scaled(flopsPerSecond)}FLOP/s, one thread, six convolutions`]),
  ];
}

function describeProcessor({ processor }: Health): string {
  const { model, cores, availableCores, coreQuota, instructions } = processor;
  const mine = availableCores < cores ? `, ${availableCores} of them for this process` : '';
  const quota = coreQuota === null ? '' : `, time of ${Number(coreQuota.toFixed(2))} for its container`;
  const vectors = instructions.length === 0 ? '' : `; ${instructions.join(' ')}`;
  return `${model}, ${cores === 1 ? '1 core' : `${cores} cores`}${mine}${quota}${vectors}`;
}

function describeGpus({ gpus, gpuProblem }: Health): string[] {
  if (gpuProblem !== null) return [`GPUs         nobody says which: ${gpuProblem}`];
  return gpus.map(({ name, uuid, isVisible }, place) => {
    const hidden = isVisible ? '' : ', hidden by CUDA_VISIBLE_DEVICES';
    return `${place === 0 ? 'GPUs' : '    '}         ${name} (${uuid})${hidden}`;
  });
}

function describeMemory({ memory }: Health): string {
  const limit = memory.limitBytes === null ? '' : `, at most ${bytes(memory.limitBytes)} for this process`;
  return `${bytes(memory.bytes)}, ${bytes(memory.freeBytes)} of it free${limit}`;
}

function describeBackend({
  name,
  isAvailable,
  detail,
  whyNot,
  remedy,
}: Health['backends'][number]): string[] {
  const label = `  ${name.padEnd(15)}`;
  if (isAvailable) return [`${label}yes: ${detail}`];
  const advice = remedy === null ? [] : [`${' '.repeat(label.length)}it takes ${remedy}`];
  return [`${label}no: ${whyNot}`, ...advice];
}
