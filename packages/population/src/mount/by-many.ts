/** What is done at once where the order does not matter. */
const HANDS = 8;

/** Does something for each number below a count, several at a time. */
export async function byMany(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const hand = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}
