/**
 * `npm run prove`: bundles the proofs with the sources of today and runs them in this process. See docs/proofs.md.
 *
 *     node scripts/prove/run.mjs [--short | --long] [--only T1,T2] [--seed N] [--json] [--list] [--help]
 */
import { bundleAndRun } from './bundle.mjs';

await bundleAndRun('prove', process.argv.slice(2));
