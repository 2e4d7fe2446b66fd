import type { Environment } from './environment.ts';

/**
 * What tells that AWS runs us. AWS_EXECUTION_ENV alone is missing in functions made from a container image.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const AWS_MARKS = ['AWS_EXECUTION_ENV', 'AWS_LAMBDA_RUNTIME_API', 'AWS_LAMBDA_FUNCTION_NAME'];

/** Whether this process is one of AWS's: what is safe on a developer's machine need not be there. */
export function isOnAws(env: Environment): boolean {
  return AWS_MARKS.some((name) => env[name]) && !isEmulated(env);
}

/**
 * Whether serverless-offline runs us: it sets IS_OFFLINE, and no address of Lambda's runtime API, which every function on
 * AWS has. A variable alone that somebody deploys by mistake must not make AWS a developer's machine.
 */
export function isEmulated(env: Environment): boolean {
  return Boolean(env['IS_OFFLINE']) && !env['AWS_LAMBDA_RUNTIME_API'];
}
