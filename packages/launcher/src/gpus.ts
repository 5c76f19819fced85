/** What CUDA can be given to compute on: a GPU, or a part of one (MIG). */
export interface Gpu {
  /** The number of the whole GPU; that of CUDA where it orders them as the bus does (`CUDA_DEVICE_ORDER=PCI_BUS_ID`). */
  readonly index: number;
  /** `GPU-…` or `MIG-…`. */
  readonly uuid: string;
  /** For people: `NVIDIA H200`. */
  readonly name: string;
}

/**
 * What a program that is started in this environment finds, by the names that `CUDA_VISIBLE_DEVICES` takes. As CUDA
 * reads it: unset, all; otherwise numbers or the beginnings of UUIDs, up to the first that is none of this machine's
 * (`-1`, Slurm's `NoDevFiles`, nothing at all).
 * @param installed Those of this machine; none where nobody could say, and then the environment is believed.
 */
export function visibleGpus(visible: string | undefined, installed: readonly Gpu[]): string[] {
  // Not by number: which is the first, CUDA decides by speed, and others by the bus.
  if (visible === undefined) return installed.map(({ uuid }) => uuid);
  const found: string[] = [];
  for (const name of visible.split(',').map((part) => part.trim())) {
    // A device that is named twice makes CUDA find none from there on.
    if (!isOneOf(installed, name) || found.includes(name)) break;
    found.push(name);
  }
  return found;
}

function isOneOf(installed: readonly Gpu[], name: string): boolean {
  if (/^[0-9]+$/.test(name))
    return installed.length === 0 || installed.some(({ index }) => index === Number(name));
  if (!/^(GPU|MIG)-[0-9A-Za-z]/.test(name)) return false;
  // The older names of parts, `MIG-GPU-<uuid>/<instance>/<instance>`, are listed nowhere.
  if (installed.length === 0 || name.startsWith('MIG-GPU-')) return true;
  return installed.some(({ uuid }) => uuid.startsWith(name));
}

/**
 * Chooses among those that are visible.
 * @param asked `auto`, all; `none`; or some with commas, by their place among the visible (as programs count them, from
 *   0 on) or by the beginning of their UUID.
 * @throws RangeError that says which is not there, and which are.
 */
export function chooseGpus(asked: string, visible: readonly string[]): string[] {
  if (asked === 'auto') return [...visible];
  if (asked === 'none') return [];
  const chosen = asked.split(',').map((part) => {
    const name = part.trim();
    const found = /^[0-9]+$/.test(name)
      ? visible[Number(name)]
      : visible.find((one) => name !== '' && one.startsWith(name));
    if (found !== undefined) return found;
    const there = visible.length === 0 ? 'none is visible here' : `visible are ${describe(visible)}`;
    throw new RangeError(`no GPU ${name}: ${there}`);
  });
  const [repeated] = chosen.filter((one, index) => chosen.indexOf(one) !== index);
  if (repeated !== undefined) throw new RangeError(`GPU ${repeated} is named twice`);
  return chosen;
}

function describe(visible: readonly string[]): string {
  return visible.map((name, place) => (name === String(place) ? name : `${place} (${name})`)).join(', ');
}

/** The GPU of a slot: workers are dealt out to them one after the other. */
export function gpuOf(slot: number, gpus: readonly string[]): string | undefined {
  return gpus[slot % gpus.length];
}
