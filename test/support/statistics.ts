/**
 * The probability that counts differ from the expected ones by as much or more, by chance (Pearson's chi-square).
 * @param expected Counts, or weights of any sum; equal ones by default.
 */
export function chiSquareP(
  counts: readonly number[],
  expected: readonly number[] = counts.map(() => 1),
): number {
  const scale = sum(counts) / sum(expected);
  const statistic = sum(
    counts.map((count, i) => (count - at(expected, i) * scale) ** 2 / (at(expected, i) * scale)),
  );
  return upperGamma((counts.length - 1) / 2, statistic / 2);
}

/**
 * The probability that a sample departs from a continuous distribution by as much or more, by chance
 * (Kolmogorov-Smirnov, asymptotic with Stephens' correction).
 */
export function kolmogorovSmirnovP(sample: readonly number[], cdf: (x: number) => number): number {
  const n = sample.length;
  const distance = [...sample]
    .sort((a, b) => a - b)
    .reduce((worst, x, i) => Math.max(worst, cdf(x) - i / n, (i + 1) / n - cdf(x)), 0);
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  // Below this the series converges slowly, and its value is 1 to six digits.
  if (lambda < 0.3) return 1;
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, p));
}

/** The cumulative distribution of a number uniform in [low, high]. */
export function uniformCdf(low: number, high: number): (x: number) => number {
  return (x) => Math.min(1, Math.max(0, (x - low) / (high - low)));
}

/** The correlation of a series with itself `lag` steps later. */
export function serialCorrelation(series: readonly number[], lag: number): number {
  const mean = sum(series) / series.length;
  const deviations = series.map((x) => x - mean);
  const products = deviations.slice(lag).map((x, i) => x * at(deviations, i));
  return sum(products) / sum(deviations.map((x) => x * x));
}

/** How often each of the keys occurs, in their order; one that is not among them is an error. */
export function tally(keys: readonly string[], values: readonly string[]): number[] {
  const counts = new Map(keys.map((key) => [key, 0]));
  for (const value of values) {
    const count = counts.get(value);
    if (count === undefined) throw new Error(`unexpected ${value}, not one of ${keys.join(', ')}`);
    counts.set(value, count + 1);
  }
  return [...counts.values()];
}

/** The regularised upper incomplete gamma function Q(a, x): a series below a + 1, Lentz's fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let total = term;
    for (let n = 1; Math.abs(term) > total * 1e-14; n++) total += term *= x / (a + n);
    return 1 - front * total;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < 1000; i++) {
    const an = i * (a - i);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return front * fraction;
}

/** Lanczos' approximation, g = 5. */
function logGamma(x: number): number {
  const coefficients = [
    76.18009172947146, -86.5053203294168, 24.0140982408309, -1.23173957245015, 0.00120865097386618,
    -0.0000053952393849,
  ];
  const base = x + 5.5;
  const series = coefficients.reduce((total, c, i) => total + c / (x + i + 1), 1.00000000019001);
  return (x + 0.5) * Math.log(base) - base + Math.log((Math.sqrt(2 * Math.PI) * series) / x);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}

function at(numbers: readonly number[], index: number): number {
  const value = numbers[index];
  if (value === undefined) throw new RangeError(`no number at ${index}`);
  return value;
}
