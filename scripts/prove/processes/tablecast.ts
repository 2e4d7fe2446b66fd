/** The `tablecast` command of today's sources, for proofs that run it as a process of its own. */
import '../../../src/cli/main.ts';
