/** The largest of numbers that are as many as there are names in a directory; 0 of none. */
export function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}
