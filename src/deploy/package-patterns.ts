import { BUNDLING } from './bundling.ts';
import type { DeploymentSettings } from './deployment.ts';
import type { FunctionName } from './roles.ts';

/**
 * What the zip of a function holds beside the bundles: the schema file and that of the documents, once. Where all
 * functions share one zip, one of them asks for it; where each has its own, each does, and names its bundle too, for
 * serverless-esbuild leaves out what lies under node_modules unless it is asked for.
 */
export function packagePatterns(
  functionName: FunctionName,
  {
    documents,
    handlers,
    individually,
    only,
    schema,
  }: Pick<DeploymentSettings, 'documents' | 'handlers' | 'individually' | 'only' | 'schema'>,
): readonly string[] {
  const files = documents === undefined ? [schema] : [schema, documents];
  const bundle = `${handlers}/${functionName}${BUNDLING.outputFileExtension}`;
  if (individually === true) return [...files, bundle];
  return functionName === (only ?? 'connect') ? files : [];
}
