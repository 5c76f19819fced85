import {
  type Engine,
  KernelError,
  registerSimdBackend,
  simdOperations as operations,
  SimdBackend,
} from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { finiteDifferences, validConvolution, zeros } from '../support/reference-operations.js';
import type { Values } from '../support/reference-operations.js';
import {
  engines,
  expectClose,
  expectForwardAndGradients,
  randomNumbers,
  randomValues,
  toTensor,
} from './support.js';

const NORMALIZATION = { epsilon: 1e-3, leakiness: 0.1 };

function simd(): SimdBackend {
  return tf.backend() as SimdBackend;
}

describe.each(engines)('$backend', ({ engine, backend }) => {
  describe('the back end', () => {
    beforeEach(async () => {
      await tf.setBackend(backend);
    });

    it('may be registered again, and is not chosen by itself', () => {
      expect(registerSimdBackend(engine)).toBe(backend);
      expect(simd()).toBeInstanceOf(SimdBackend);
      expect(tf.findBackendFactory(backend)).not.toBeNull();
    });

    it('computes what stock kernels compute, on tensors of its own heap', () => {
      tf.tidy(() => {
        const own = operations.matchChannels(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 2);
        expect([...tf.add(own, 1).dataSync()]).toEqual([2, 1, 3, 1, 4, 1, 5, 1]);
        expect([...tf.transpose(own, [0, 3, 1, 2]).dataSync()]).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
        expect([...tf.add(tf.tensor1d([1, 2], 'int32'), 1).dataSync()]).toEqual([2, 3]);
        expect([...tf.addN([own, own, own]).dataSync()]).toEqual([3, 0, 6, 0, 9, 0, 12, 0]);
      });
    });

    it('keeps a slice, and what was read, when the place of the tensor is used again', () => {
      const fill = (value: number) => operations.matchChannels(tf.fill([1, 10, 10, 1], value), 3);
      const first = fill(1);
      const read = first.dataSync();
      const slice = tf.slice(first, [0, 5, 0, 0], [1, 5, 10, 3]);
      first.dispose();
      const others = [2, 3, 4].map(fill);
      expect(read[0]).toBe(1);
      expect(slice.dataSync()[0]).toBe(1);
      tf.dispose([slice, ...others]);
    });

    it('survives growth of its memory', () => {
      tf.tidy(() => {
        const before = operations.matchChannels(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 2);
        expect(tf.sum(before).dataSync()[0]).toBe(10);
        const size = simd().heapUsage().byteLength;
        const large = operations.resizeNearest(tf.ones([1, 1, 1, 1]), 4000, 4000);
        expect(simd().heapUsage().byteLength).toBeGreaterThan(size);
        expect([...before.dataSync()]).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
        expect(tf.sum(before).dataSync()[0]).toBe(10);
        expect(large.dataSync()[15_999_999]).toBe(1);
      });
    });

    it('shares tensors with another back end', async () => {
      const x = operations.matchChannels(tf.ones([1, 2, 2, 1]), 2);
      await tf.setBackend('cpu');
      const doubled = tf.mul<tf.Tensor4D>(x, 2);
      await tf.setBackend(backend);
      expect([...operations.sum([doubled, x]).dataSync()].slice(0, 2)).toEqual([3, 0]);
    });

    it('leaves a clone alone that was made on another back end', async () => {
      await tf.setBackend('cpu');
      const variable = tf.variable(tf.ones([2]));
      const clone = variable.clone();
      await tf.setBackend(backend);
      const options = { learningRate: 1, momentum: 0, weightDecay: 0 };
      operations.sgdMomentum(variable, tf.variable(tf.zeros([2])), tf.ones([2]), options);
      expect([...variable.dataSync(), ...clone.dataSync()]).toEqual([0, 0, 1, 1]);
    });

    it('refuses to work with another back end selected', async () => {
      await tf.setBackend('cpu');
      const refusal = expect.objectContaining({ code: 'BACKEND' }) as Error;
      expect(() => operations.globalAveragePool(tf.ones([1, 1, 1, 1]))).toThrow(refusal);
    });

    it('leaves nothing behind where there is no room, whatever it is for', () => {
      const x = tf.randomNormal<tf.Rank.R4>([2, 6, 6, 4]);
      const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 4, 4]);
      const ones = tf.ones<tf.Rank.R1>([4]);
      const kernel = tf.randomNormal<tf.Rank.R2>([4, 4]);
      const labels = tf.tensor1d([1, 3], 'int32');
      const run = () => {
        const y = operations.convolution(x, filter, 1);
        const normalized = operations.batchNormalization(y, ones, ones, NORMALIZATION).y;
        const small = operations.matchChannels(operations.resizeNearest(normalized, 3, 3), 4);
        const pooled = operations.globalAveragePool(operations.sum([small, small, small]));
        return operations.softmaxCrossEntropy(operations.dense(pooled, kernel, ones), labels).dataSync();
      };
      tf.tidy(run);
      const { heap } = simd();
      heap.trim();
      const before = heap.bytesInUse;
      const real = heap.allocate.bind(heap);
      const allocate = vi.spyOn(heap, 'allocate');
      tf.tidy(run);
      const allocations = allocate.mock.calls.length;
      expect(allocations).toBeGreaterThan(10);
      for (let refused = 0; refused < allocations; refused++) {
        heap.trim();
        let asked = 0;
        allocate.mockImplementation((bytes) => {
          if (asked++ === refused) throw new KernelError('OUT_OF_MEMORY', 'no room');
          return real(bytes);
        });
        expect(() => tf.tidy(run)).toThrow('no room');
        heap.trim();
        expect(heap.bytesInUse).toBe(before);
      }
      allocate.mockRestore();
      tf.dispose([x, filter, ones, kernel, labels]);
    });

    it('knows its engines by name', () => {
      expect(() => registerSimdBackend('nativ' as Engine)).toThrow(
        'no engine nativ: there are native and wasm',
      );
    });

    it('says by its code why it refuses an input', () => {
      const codeOf = (action: () => unknown): string | undefined => {
        try {
          action();
        } catch (error) {
          if (error instanceof KernelError) return error.code;
          throw error;
        }
        return undefined;
      };
      const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 1]);
      const integers = tf.zeros<tf.Rank.R4>([1, 2, 2, 1], 'int32');
      expect(codeOf(() => operations.convolution(x, tf.zeros([3, 3, 2, 1]), 1))).toBe('SHAPE');
      expect(codeOf(() => operations.globalAveragePool(integers))).toBe('DTYPE');
      expect(codeOf(() => operations.resizeNearest(x, 1.5, 1))).toBe('VALUE');
      expect(codeOf(() => operations.resizeNearest(tf.zeros([1, 0, 2, 1]), 1, 1))).toBe('VALUE');
      expect(codeOf(() => operations.resizeNearest(x, 2 ** 16, 2 ** 16))).toBe('OUT_OF_MEMORY');
      const options = { epsilon: 0, leakiness: 0 };
      expect(codeOf(() => operations.batchNormalization(x, tf.ones([1]), tf.ones([1]), options))).toBe(
        'VALUE',
      );
    });
  });

  describe('memory', () => {
    interface Net {
      variables: tf.Variable[];
      momenta: tf.Variable[];
      loss: (batch: number) => tf.Scalar;
    }

    function smallNet(): Net {
      const random = randomNumbers(1);
      const shapes = [[3, 3, 2, 6], [6], [6], [6, 4], [4]];
      const variables = shapes.map((shape) => tf.variable(toTensor(randomValues(shape, random))));
      const momenta = shapes.map((shape) => tf.variable(tf.zeros(shape)));
      const loss = (batch: number) => {
        const [filter, gamma, beta, kernel, bias] = variables as unknown as [
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor1D,
          tf.Tensor2D,
          tf.Tensor1D,
        ];
        const x = toTensor<tf.Tensor4D>(randomValues([batch, 8, 8, 2], random));
        const y = operations.batchNormalization(
          operations.convolution(x, filter, 2),
          gamma,
          beta,
          NORMALIZATION,
        ).y;
        const skip = operations.matchChannels(operations.resizeNearest(x, 4, 4), 6);
        const features = operations.globalAveragePool(operations.sum([y, skip]));
        const labels = tf.tensor1d(
          Array.from({ length: batch }, (_, i) => i % 4),
          'int32',
        );
        return operations.softmaxCrossEntropy(operations.dense(features, kernel, bias), labels);
      };
      return { variables, momenta, loss };
    }

    function step({ variables, momenta, loss }: Net, batch: number): number {
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss(batch), variables);
        variables.forEach((variable, i) => {
          const options = { learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 };
          operations.sgdMomentum(
            variable,
            momenta[i] as tf.Variable,
            grads[variable.name] as tf.Tensor,
            options,
          );
        });
        return value.dataSync()[0] as number;
      });
    }

    it('stays the same over hundreds of steps with batches of different sizes', async () => {
      await tf.setBackend(backend);
      const net = smallNet();
      const batches = [32, 32, 7, 64];
      for (let i = 0; i < 8; i++) step(net, batches[i % 4] as number);
      const before = { heap: simd().heapUsage(), tensors: tf.memory().numTensors, ids: simd().numDataIds() };
      for (let i = 0; i < 400; i++) step(net, batches[i % 4] as number);
      expect({ heap: simd().heapUsage(), tensors: tf.memory().numTensors, ids: simd().numDataIds() }).toEqual(
        before,
      );
    });

    it('is given back when tensors are disposed', async () => {
      await tf.setBackend(backend);
      const inUse = simd().heapUsage().bytesInUse;
      const tensors = Array.from({ length: 50 }, (_, i) =>
        operations.resizeNearest(tf.ones([1, 1, 1, 1]), i + 1, 30),
      );
      const clones = tensors.map((tensor) => tensor.clone());
      tf.dispose(tensors);
      expect(simd().heapUsage().bytesInUse).toBeGreaterThan(inUse + 50 * 30 * 4);
      tf.dispose(clones);
      // The inputs, one number each, were moved to the heap and are still alive.
      expect(simd().heapUsage().bytesInUse).toBeLessThanOrEqual(inUse + 50 * 64);
    });
  });

  describe('kernels of TensorFlow.js that are replaced', () => {
    beforeEach(async () => {
      await tf.setBackend(backend);
    });

    it.each([
      [5, 7, 3, 3, 2, 4, 1],
      [6, 9, 3, 5, 1, 5, 2],
      [4, 4, 4, 4, 3, 2, 3],
    ])('conv2d without padding: %d x %d, filter %d x %d', (height, width, kh, kw, depth, outputs, stride) => {
      const random = randomNumbers(height * width);
      expectForwardAndGradients({
        ours: (...[x, filter]) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'valid'),
        reference: ([x, filter]) => validConvolution(x as Values, filter as Values, stride),
        inputs: [
          randomValues([2, height, width, depth], random),
          randomValues([kh, kw, depth, outputs], random),
        ],
        random,
      });
    });

    it('conv2d with strides that differ, explicit padding or dilation does what the stock kernel does', async () => {
      const random = randomNumbers(3);
      const x = toTensor<tf.Tensor4D>(randomValues([2, 7, 8, 3], random));
      const filter = toTensor<tf.Tensor4D>(randomValues([3, 3, 3, 5], random));
      const all = () => [
        tf.conv2d(x, filter, [1, 3], 'same'),
        tf.conv2d(x, filter, 1, 'same', 'NHWC', 2),
        tf.conv2d(x, filter, 2, 2),
        tf.conv2d(x, filter, 1, [
          [0, 0],
          [9, 1],
          [0, 7],
          [0, 0],
        ]),
      ];
      const ours = all().map((y) => y.dataSync());
      await tf.setBackend('cpu');
      all().forEach((y, i) => {
        const expected = { shape: y.shape, data: Float64Array.from(y.dataSync()) };
        expectClose(tf.tensor(ours[i] as Float32Array, y.shape), expected);
      });
    });

    /** The gradient of an image operation by its kernel, against finite differences of the (right) stock forward kernel. */
    function expectImageGradient(
      kernel: string,
      forward: (x: tf.Tensor4D) => tf.Tensor,
      gradient: (dy: tf.Tensor, x: tf.Tensor4D) => tf.Tensor,
      shape: number[],
    ): void {
      const random = randomNumbers(shape.length + kernel.length);
      const x = randomValues(shape, random);
      const reference = ([values]: Values[]): Values => {
        const y = tf.tidy(() => forward(toTensor(values as Values)));
        return { shape: y.shape, data: Float64Array.from(y.dataSync()) };
      };
      const dy = randomValues(reference([x]).shape, random);
      const expected = zeros(shape);
      const every = [Array.from(expected.data, (_, i) => i)];
      // Linear in x, so that a large step is exact and float32 does not matter.
      for (const { index, value } of finiteDifferences(reference, [x], dy, every, 1))
        expected.data[index] = value;
      expectClose(gradient(toTensor(dy), toTensor(x)), expected, 1e-4);
    }

    const resizeOptions = [
      { alignCorners: false, halfPixelCenters: false },
      { alignCorners: true, halfPixelCenters: false },
      { alignCorners: false, halfPixelCenters: true },
    ];

    it.each(resizeOptions)(
      'the gradients of resizing, aligned $alignCorners, centred $halfPixelCenters',
      (attrs) => {
        for (const size of [
          [7, 4],
          [2, 3],
          [5, 1],
        ] as [number, number][]) {
          const { alignCorners, halfPixelCenters } = attrs;
          expectImageGradient(
            'ResizeNearestNeighborGrad',
            (x) => tf.image.resizeNearestNeighbor(x, size, alignCorners, halfPixelCenters),
            (dy, images) => tf.engine().runKernel('ResizeNearestNeighborGrad', { dy, images }, attrs),
            [2, 3, 5, 2],
          );
          expectImageGradient(
            'ResizeBilinearGrad',
            (x) => tf.image.resizeBilinear(x, size, alignCorners, halfPixelCenters),
            (dy, images) => tf.engine().runKernel('ResizeBilinearGrad', { dy, images }, attrs),
            [2, 3, 5, 2],
          );
        }
      },
    );

    it.each(['same', 'valid'] as const)('the gradient of average pooling, %s', (pad) => {
      for (const strides of [1, 2]) {
        const attrs = { filterSize: 3, strides, pad };
        expectImageGradient(
          'AvgPoolGrad',
          (x) => tf.avgPool(x, 3, strides, pad),
          (dy, input) => tf.engine().runKernel('AvgPoolGrad', { dy, input }, attrs),
          [2, 5, 6, 2],
        );
      }
    });
  });
});
