/** The input that makes one expression slowest, and how its time grows when that input gets longer. */
export interface Growth {
  /** Times that four times the input takes the time of it: 4 is linear, 16 quadratic. 1 for what is too fast to tell. */
  readonly ratio: number;
  /** Of the longest input tried, ms. */
  readonly ms: number;
  /** What is repeated in it. */
  readonly piece: string;
}

/** A frame has at most 32 KB. What is linear takes under a few milliseconds for it, what is quadratic hundreds. */
const LENGTHS = { first: 8_000, last: 32_000 } as const;
const TOO_FAST_MS = 12;
/**
 * Short inputs come first, and each is little longer than the one before: on a long one, what is exponential would never
 * end, and how long the shortest takes says of the next only that it is no worse than some sixteen times that.
 */
const SHORT_LENGTHS = [16, 20, 24, 28, 32, 40, 50, 64, 90, 128, 180, 256, 360, 500];
const SHORT_MS = 8;
/** Four times the input may take so many times as long: 4 is linear, 16 quadratic. Beyond it nothing worse is looked for. */
export const MAX_RATIO = 9;

/** One of each class of characters that expressions tell apart. */
const CHARACTERS = [...'a0A_- .,:;=+/\\@"\'{}()[]<>!?*%#&|~$^\t\n\r\u0000\u00e9\u2028\ud83d'];
const ENDINGS = ['', '!', '\u0000'];

/** The worst there is of inputs made to measure: each character and each pair again and again, behind what it begins with. */
export function worstGrowth(regex: RegExp): Growth {
  let worst: Growth = { ratio: 1, ms: 0, piece: '' };
  for (const piece of piecesFor(regex)) {
    for (const head of new Set(['', beginningOf(regex)])) {
      for (const ending of ENDINGS) {
        const input = (length: number) => head + piece.repeat(Math.ceil(length / piece.length)) + ending;
        const growth = { ...growthOn(regex, input), piece };
        if (growth.ratio > MAX_RATIO) return growth;
        if (growth.ratio > worst.ratio || (growth.ratio === worst.ratio && growth.ms > worst.ms))
          worst = growth;
      }
    }
  }
  return worst;
}

function growthOn(regex: RegExp, input: (length: number) => string): Omit<Growth, 'piece'> {
  for (const length of SHORT_LENGTHS) {
    if (timeOf(regex, input(length), 1) < SHORT_MS) continue;
    const ms = timeOf(regex, input(length), 3);
    if (ms >= SHORT_MS) return { ratio: Number.POSITIVE_INFINITY, ms };
  }
  const ms = timeOf(regex, input(LENGTHS.last), 1);
  return { ms, ratio: ms > TOO_FAST_MS ? ratioOf(regex, input, ms) : 1 };
}

/** @param once what the longest took before: what is slow is not to be waited for more often than it must */
function ratioOf(regex: RegExp, input: (length: number) => string, once: number): number {
  const first = timeOf(regex, input(LENGTHS.first), 5);
  const last = Math.min(once, timeOf(regex, input(LENGTHS.last), 1));
  return last < TOO_FAST_MS ? 1 : last / Math.max(first, 0.01);
}

/** The least of several runs, ms. */
function timeOf(regex: RegExp, text: string, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now();
    // As `replaceAll` and `matchAll` do: from each place where the one before ended.
    if (regex.global) for (const _ of text.matchAll(regex));
    else new RegExp(regex.source, regex.flags).test(text);
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

function piecesFor(regex: RegExp): ReadonlySet<string> {
  const literals = [...regex.source.replaceAll(/\\./g, '')].filter((character) =>
    /[\w\s:;=+/@.,-]/.test(character),
  );
  const own = [...new Set(literals)].slice(0, 6);
  return new Set([
    ...CHARACTERS,
    ...own,
    ...own.flatMap((a) => ['a', '0', ' ', '.', ...own].map((b) => a + b)),
  ]);
}

/** Plain text an expression begins with, behind which the rest of it is reached. */
function beginningOf(regex: RegExp): string {
  return /^\^?([\w :-]*)/.exec(regex.source)?.[1] ?? '';
}
