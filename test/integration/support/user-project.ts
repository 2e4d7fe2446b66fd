import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, temporaryFolder } from './built-copy.ts';

/** Stream of the project's one table. */
export const STREAM_ARN =
  'arn:aws:dynamodb:eu-west-1:123456789012:table/orders-prod/stream/2026-11-01T00:00:00.000';

/**
 * A user's project with an existing table; `root`, a built copy of this repository, stands as its node_modules/tablecast
 * by a link.
 */
export async function userProject(root: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/tablecast'));
  for (const name of ['serverless', 'serverless-esbuild', 'serverless-offline']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await writeFile(
    join(folder, 'schema.graphql'),
    'type Order @table(name: "Orders") { id: ID! total: Float }\n',
  );
  const yaml = (await readFile(join(root, 'serverless.yml'), 'utf8'))
    .replaceAll('./serverless.cjs', 'node_modules/tablecast/serverless.cjs')
    .replace('service: todos', 'service: orders')
    .replace('Todos: managed', `Orders: { streamArn: '${STREAM_ARN}' }`);
  await writeFile(join(folder, 'serverless.yml'), yaml);
  return folder;
}
