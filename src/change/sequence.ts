/**
 * Orders two sequence numbers of one shard, as a sort function does: negative, zero or positive.
 * As text they compare wrongly when their lengths differ, and a double loses their last digits.
 * @throws SyntaxError when one is not decimal text; those of a `Change` always are.
 */
export function compareSequenceNumbers(a: string, b: string): -1 | 0 | 1 {
  const left = BigInt(a);
  const right = BigInt(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
