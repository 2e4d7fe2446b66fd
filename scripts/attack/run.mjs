/**
 * `npm run attack`: bundles the attacks with the sources of today and runs them in this process. See docs/attacks.md.
 *
 *     node scripts/attack/run.mjs [--short | --long] [--only T6,S3] [--seed N] [--json] [--list] [--help]
 */
import { bundleAndRun } from '../prove/bundle.mjs';

await bundleAndRun('attack', process.argv.slice(2));
