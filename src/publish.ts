/**
 * `tablecast/publish`: for programs beside the handlers (a batch job, another Lambda function) that publish events which
 * are no table changes. Needs the environment of the handlers: `TABLECAST_SCHEMA`, `TABLECAST_RELAY_TABLE`,
 * `TABLECAST_API_ID` (or `TABLECAST_CONNECTIONS_ENDPOINT`) and `AWS_REGION`, and the permissions of the function `stream`
 * on the relay table and @connections (docs/deploy.md).
 */
import type { Publish } from './api/ports.ts';
import { compose } from './compose.ts';

export type { Publish, PublishReport } from './api/ports.ts';

let composed: Publish | undefined;

/**
 * Delivers an event to the subscribers of a field marked `@published`.
 * @throws TablecastError `PUBLISH_INVALID` · `CONFIG_INVALID` · `REGISTRY_UNAVAILABLE` · `TRANSPORT_UNAVAILABLE`
 */
export const publish: Publish = (field, payload) => {
  composed ??= compose().publish;
  return composed(field, payload);
};
