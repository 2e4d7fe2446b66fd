/**
 * The command line that serverless.yml is read for. osls hands functions in serverless.yml neither the command nor the
 * options of plugins, so they are read here, from `process.argv`.
 */
export interface CommandLine {
  /** `serverless offline`: never true when a template could be written, so what is meant for a laptop stays there. */
  readonly offline: boolean;
  /** `package` and `deploy`: every stream must be known. All other commands get by without looking any up. */
  readonly writesTemplate: boolean;
  /** Value of the first of these options that is given, as `--name value`, `--name=value` or `-n value`. */
  option(...names: readonly string[]): string | undefined;
}

const WRITING = ['package', 'deploy'];

/** @param argv `process.argv`: node, the script, then what was typed */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const words = argv.slice(2);
  const writesTemplate = words.some((word) => WRITING.includes(word));
  return {
    offline: words.includes('offline') && !writesTemplate,
    writesTemplate,
    option(...names) {
      for (const name of names) {
        const flag = name.length === 1 ? `-${name}` : `--${name}`;
        const joined = words.find((word) => word.startsWith(`${flag}=`));
        if (joined !== undefined) return joined.slice(flag.length + 1);
        const next = words[words.indexOf(flag) + 1];
        if (words.includes(flag) && next !== undefined && !next.startsWith('-')) return next;
      }
      return undefined;
    },
  };
}
