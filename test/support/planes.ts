// Single instructions of compiled networks, as `kernels/program.h` reads them: written here once more, from its comments,
// so that neither a test nor a measurement stands on the compiler of networks.
import type { SimdBackend } from '@galapagos/backend-simd';

const LINE_FLOATS = 16;
const LINE_BYTES = 64;
/** Kernels may read, never write, so far behind a plane or an array. */
const SLACK_FLOATS = 64;
const HEADER_INTS = 16;
const PLANE_INTS = 7;
const INSTRUCTION_INTS = 16;

const OPS = {
  LOAD_IMAGES: 1,
  CONVOLUTION: 2,
  RESIZE: 3,
  MATCH_CHANNELS: 4,
  ADD: 5,
  NORMALIZE: 6,
  NORMALIZE_INFERENCE: 7,
  POOL: 8,
  DENSE: 9,
  LOSS: 10,
  COUNT_CORRECT: 11,
  DENSE_GRADIENT: 12,
  POOL_GRADIENT: 13,
  NORMALIZE_GRADIENT: 14,
  INPUT_GRADIENT: 15,
  FILTER_GRADIENT: 16,
  RESIZE_GRADIENT: 17,
  SGD: 18,
  PLACE_IMAGES: 19,
} as const;

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A stretch of the heap between two lines that nobody may write. */
interface Block {
  readonly line: number;
  readonly floats: number;
}

export interface Plane extends ImageShape, Block {
  /** Its place in the table of the program. */
  readonly index: number;
  readonly margin: number;
  readonly left: number;
  readonly pitch: number;
}

export interface Header {
  readonly valid?: number;
  readonly rate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly epsilon?: number;
  readonly decay?: number;
}

/** A number of an instruction, a plane or an array by its place, or a float by its bits. */
type Argument = number | Plane | Block | { readonly float: number };
export type Instruction = readonly [op: keyof typeof OPS, ...Argument[]];

/** Planes, arrays and programs over them, in the heap of one back end; all of it is freed together. */
export class Bench {
  readonly #planes: Plane[] = [];
  readonly #blocks: { offset: number; bytes: number }[] = [];
  readonly #guarded: Block[] = [];
  readonly result: Block;

  constructor(
    private readonly backend: SimdBackend,
    private readonly batch: number,
  ) {
    this.result = this.array(LINE_FLOATS);
  }

  /** Full of NaN, so that whatever reads what nobody has written shows. */
  plane(shape: ImageShape, margin = 0): Plane {
    const { height, width, channels } = shape;
    const left = roundUp(margin * this.batch);
    const row = left + roundUp(width * this.batch);
    const pitch = (row / LINE_FLOATS) % 2 === 0 ? row + LINE_FLOATS : row;
    const block = this.#allocate(left + height * channels * pitch);
    const plane = { height, width, channels, index: this.#planes.length, margin, left, pitch, ...block };
    this.#planes.push(plane);
    return plane;
  }

  array(floats: number): Block {
    return this.#allocate(floats);
  }

  floats({ line, floats }: Block): Float32Array {
    return new Float32Array(this.backend.heap.buffer, line * LINE_BYTES, floats);
  }

  ints({ line, floats }: Block): Int32Array {
    return new Int32Array(this.backend.heap.buffer, line * LINE_BYTES, floats);
  }

  /** From NHWC, with the zeros that whoever writes a plane has to leave. */
  write(plane: Plane, images: ArrayLike<number>): void {
    const floats = this.floats(plane).fill(0);
    this.#each(plane, (at, image) => (floats[at] = images[image] as number));
  }

  /** To NHWC. */
  read(plane: Plane): Float64Array {
    const { height, width, channels } = plane;
    const images = new Float64Array(this.batch * height * width * channels);
    const floats = this.floats(plane);
    this.#each(plane, (at, image) => (images[image] = floats[at] as number));
    return images;
  }

  /** Whether all is zero that lies around the rows of a plane with margins. */
  isCleared(plane: Plane): boolean {
    const floats = this.floats(plane);
    const used = plane.width * this.batch;
    const isGap = (i: number) => i < plane.left || (i - plane.left) % plane.pitch >= used;
    return plane.margin === 0 || floats.every((value, i) => !isGap(i) || value === 0);
  }

  /** Whether nobody has written between the blocks. */
  isGuarded(): boolean {
    return this.#guarded.every((guard) => this.floats(guard).every(Number.isNaN));
  }

  /**
   * Writes a program. @returns What runs it, the whole of it so many times.
   * @throws Error when the kernels find it malformed.
   */
  program(instructions: readonly Instruction[], header: Header = {}): (times?: number) => void {
    const { kernels, heap } = this.backend;
    const table =
      HEADER_INTS + INSTRUCTION_INTS * Math.ceil((PLANE_INTS * this.#planes.length) / INSTRUCTION_INTS);
    const size = table + INSTRUCTION_INTS * instructions.length;
    const block = this.array(size);
    const head = [
      1,
      this.batch,
      this.#planes.length,
      HEADER_INTS,
      instructions.length,
      table,
      0,
      this.result.line,
    ];
    const {
      valid = this.batch,
      rate = 0,
      momentum = 0,
      weightDecay = 0,
      epsilon = 1e-3,
      decay = 0.9,
    } = header;
    this.ints(block)
      .fill(0)
      .set([...head, valid]);
    this.floats(block).set([rate, momentum, weightDecay, epsilon, decay], head.length + 1);
    this.#planes.forEach(({ line, height, width, channels, margin, left, pitch }, i) =>
      this.ints(block).set(
        [line, height, width, channels, margin, left, pitch],
        HEADER_INTS + PLANE_INTS * i,
      ),
    );
    instructions.forEach(([op, ...args], i) =>
      this.ints(block).set([OPS[op], ...args.map(numberOf)], table + INSTRUCTION_INTS * i),
    );
    const pointer = block.line * LINE_BYTES;
    const bad = kernels.program_check(pointer, size, heap.byteLength);
    if (bad >= 0)
      throw new Error(`instruction ${bad} of [${instructions.map(([op]) => op).join()}] is malformed`);
    return (times = 1) => {
      const bytes = kernels.program_scratch(pointer);
      const scratch = heap.scratch(bytes);
      new Uint8Array(heap.buffer, scratch, bytes).fill(0xff);
      this.ints(block)[6] = scratch / LINE_BYTES;
      for (let i = 0; i < times; i++) kernels.program_run(0, pointer, 0, instructions.length);
    };
  }

  dispose(): void {
    for (const { offset, bytes } of this.#blocks) this.backend.heap.free(offset, bytes);
  }

  #allocate(floats: number): Block {
    const lines = Math.ceil((floats + SLACK_FLOATS) / LINE_FLOATS) + 2;
    const bytes = lines * LINE_BYTES;
    const offset = this.backend.heap.allocate(bytes);
    this.#blocks.push({ offset, bytes });
    const line = offset / LINE_BYTES;
    new Float32Array(this.backend.heap.buffer, offset, lines * LINE_FLOATS).fill(NaN);
    const used = Math.ceil(floats / LINE_FLOATS);
    this.#guarded.push({ line, floats: LINE_FLOATS });
    this.#guarded.push({ line: line + 1 + used, floats: (lines - 1 - used) * LINE_FLOATS });
    return { line: line + 1, floats };
  }

  #each({ height, width, channels, left, pitch }: Plane, visit: (at: number, image: number) => void): void {
    for (let h = 0; h < height; h++) {
      for (let c = 0; c < channels; c++) {
        const row = left + (h * channels + c) * pitch;
        for (let w = 0; w < width; w++) {
          for (let n = 0; n < this.batch; n++)
            visit(row + w * this.batch + n, ((n * height + h) * width + w) * channels + c);
        }
      }
    }
  }
}

function numberOf(argument: Argument): number {
  if (typeof argument === 'number') return argument;
  if ('float' in argument) return new Int32Array(Float32Array.of(argument.float).buffer)[0] as number;
  return 'index' in argument ? argument.index : argument.line;
}

function roundUp(floats: number): number {
  return Math.ceil(floats / LINE_FLOATS) * LINE_FLOATS;
}
