import { INSTRUCTIONS } from '../../../packages/backend-simd/src/network/instructions.js';

// Reads an encoded program as C does, and follows who owns which line of the memory, without computing anything.

interface DecodedPlane {
  readonly line: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly margin: number;
  readonly left: number;
  readonly pitch: number;
}

export interface DecodedInstruction {
  readonly name: keyof typeof INSTRUCTIONS;
  readonly args: readonly number[];
}

/** Which operands are planes, from the specification; the other reads and writes are lines of arrays. */
const PLANES: Record<DecodedInstruction['name'], readonly number[]> = {
  LOAD_IMAGES: [0],
  CONVOLUTION: [0, 2],
  RESIZE: [0, 1],
  MATCH_CHANNELS: [0, 1],
  ADD: [0, 1, 2],
  NORMALIZE: [0, 1],
  NORMALIZE_INFERENCE: [0, 1],
  POOL: [0],
  DENSE: [],
  LOSS: [],
  COUNT_CORRECT: [],
  DENSE_GRADIENT: [],
  POOL_GRADIENT: [1],
  NORMALIZE_GRADIENT: [0, 1, 2],
  INPUT_GRADIENT: [0, 2],
  FILTER_GRADIENT: [0, 1],
  RESIZE_GRADIENT: [0, 1],
  SGD: [],
  PLACE_IMAGES: [0],
};

export interface Decoded {
  readonly batch: number;
  readonly planes: readonly DecodedPlane[];
  readonly instructions: readonly DecodedInstruction[];
}

export function decode(ints: Int32Array): Decoded {
  const [, batch = 0, planes = 0, planeTable = 0, instructions = 0, instructionTable = 0] = ints;
  const names = new Map(Object.entries(INSTRUCTIONS).map(([name, { code }]) => [code as number, name]));
  return {
    batch,
    planes: Array.from({ length: planes }, (_, i) => {
      const at = planeTable + 7 * i;
      const [line = 0, height = 0, width = 0, channels = 0, margin = 0, left = 0, pitch = 0] = ints.subarray(
        at,
        at + 7,
      );
      return { line, height, width, channels, margin, left, pitch };
    }),
    instructions: Array.from({ length: instructions }, (_, i) => {
      const at = instructionTable + 16 * i;
      const [code = 0, ...args] = ints.subarray(at, at + 16);
      return { name: names.get(code) as DecodedInstruction['name'], args };
    }),
  };
}

function linesOfPlane({ left, height, channels, pitch }: DecodedPlane): number {
  return Math.ceil((left + height * channels * pitch + 64) / 16);
}

/** One operand that lies in the memory: a key that names the buffer, its lines, and what happens to it. */
export interface Access {
  readonly key: string;
  readonly line: number;
  readonly lines: number;
  readonly role: 'read' | 'write' | 'update';
}

export function accessesOf(
  { name, args }: DecodedInstruction,
  { planes, batch }: Decoded,
  statisticsFloats: (channels: number) => number,
): Access[] {
  const whole = (count: number) => Math.ceil(count / 16) * 16;
  const plane = (place: number): DecodedPlane => planes[args[place] ?? -1] as DecodedPlane;
  const channels = (place: number): number => plane(place).channels;
  const floats = (place: number): number => {
    const [kh = 0, kw = 0] = args.slice(3);
    switch (`${name} ${place}`) {
      case 'LOAD_IMAGES 1':
        return plane(0).height * plane(0).width * plane(0).channels * batch;
      case 'CONVOLUTION 1':
        return kh * kw * channels(0) * channels(2);
      case 'CONVOLUTION 8':
        return statisticsFloats(channels(2));
      case 'INPUT_GRADIENT 1':
        return kh * kw * channels(2) * channels(0);
      case 'FILTER_GRADIENT 2':
        return kh * kw * channels(0) * channels(1);
      case 'NORMALIZE 6':
      case 'NORMALIZE_GRADIENT 4':
        return 4 * whole(channels(1));
      case 'NORMALIZE 8':
        return statisticsFloats(channels(0));
      case 'POOL 1':
        return channels(0) * whole(batch);
      case 'DENSE 0':
      case 'POOL_GRADIENT 0':
        return (name === 'DENSE' ? (args[4] ?? 0) : channels(1)) * whole(batch);
      case 'DENSE 1':
        return (args[4] ?? 0) * (args[5] ?? 0);
      case 'DENSE 2':
        return args[5] ?? 0;
      case 'DENSE 3':
        return batch * (args[5] ?? 0);
      case 'LOSS 0':
      case 'LOSS 2':
        return batch * (args[3] ?? 0);
      case 'LOSS 1':
      case 'COUNT_CORRECT 1':
        return batch;
      case 'COUNT_CORRECT 0':
        return batch * (args[2] ?? 0);
      case 'DENSE_GRADIENT 0':
        return batch * (args[7] ?? 0);
      case 'DENSE_GRADIENT 1':
      case 'DENSE_GRADIENT 3':
        return (args[6] ?? 0) * whole(batch);
      case 'DENSE_GRADIENT 2':
      case 'DENSE_GRADIENT 4':
        return (args[6] ?? 0) * (args[7] ?? 0);
      case 'DENSE_GRADIENT 5':
        return args[7] ?? 0;
      case 'SGD 0':
      case 'SGD 1':
      case 'SGD 2':
        return args[3] ?? 0;
      default:
        // gamma, beta, mean, variance and their gradients.
        return channels(1);
    }
  };
  return INSTRUCTIONS[name].roles.flatMap((role, place): Access[] => {
    const kind = role.replace('?', '');
    if (kind === 'int' || kind === 'float' || (role.endsWith('?') && args[place] === 0)) return [];
    const isPlane = PLANES[name].includes(place);
    const line = isPlane ? plane(place).line : (args[place] ?? 0);
    const lines = isPlane ? linesOfPlane(plane(place)) : Math.ceil(floats(place) / 16);
    const key = isPlane ? `plane ${args[place]}` : `line ${line}`;
    return [{ key, line, lines, role: kind as Access['role'] }];
  });
}
