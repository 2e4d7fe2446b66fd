/**
 * Runs `work` on every item, at most `width` at once, and waits for all of them whatever becomes of some.
 * @returns what was thrown, in no order
 */
export async function inLanes<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<unknown[]> {
  const queue = items[Symbol.iterator]();
  const faults: unknown[] = [];
  let isOver = false;
  const lane = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        faults.push(error);
      }
    }
    isOver = true;
  };
  const lanes: Promise<void>[] = [];
  while (lanes.length < width && !isOver) lanes.push(lane());
  await Promise.all(lanes);
  return faults;
}
