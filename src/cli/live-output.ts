import { describeLine, RULES_WARNING } from './live.ts';

/** What is written below the screen of `start`, as it happens. */
export interface LiveOutput {
  /** Takes a log line of a handler or a reader. */
  readonly line: (line: string) => void;
  /** The screen is there: what happens from now on is told. */
  readonly begin: () => void;
}

/**
 * Holds back what happens while starting: warm-up calls are nobody's deliveries. What a function says of the schema's
 * rules when it is loaded is told all the same, once, however many functions say it.
 */
export function createLiveOutput(out: NodeJS.WritableStream): LiveOutput {
  const warnings = new Set<string>();
  let begun = false;
  const write = (text: string) => out.write(`${new Date().toLocaleTimeString()}  ${text}\n`);
  return {
    begin: () => {
      begun = true;
      for (const warning of warnings) write(warning);
    },
    line: (line) => {
      const described = describeLine(line);
      if (described === undefined) return;
      if (described.startsWith(RULES_WARNING)) {
        if (warnings.has(described)) return;
        warnings.add(described);
      }
      if (begun) write(described);
    },
  };
}
