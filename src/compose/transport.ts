import { createHttpsSender } from '../adapters/apigateway/https-sender.ts';
import { createLeanTransport } from '../adapters/apigateway/lean-transport.ts';
import { createSdkTransport } from '../adapters/apigateway/sdk-transport.ts';
import type { Config } from '../config.ts';
import { TablecastError } from '../errors.ts';
import type { Transport } from '../relay/ports.ts';
import { relayClient } from './clients.ts';

/** False in a bundle made without the SDK's client of @connections (`src/deploy/bundling.ts`). Not defined anywhere else. */
declare const TABLECAST_SDK_TRANSPORT: boolean | undefined;

/**
 * @connections of the configured API, with the credentials of the relay table's client.
 * @throws TablecastError `CONFIG_INVALID` for `TABLECAST_TRANSPORT=sdk` in a bundle that was made without it
 */
export function transportOf(config: Config): Transport {
  const { posting, connectionsEndpoint: endpointFor, region } = config;
  const { credentials } = relayClient(config).config;
  if (posting.transport !== 'sdk') {
    return createLeanTransport({
      endpointFor,
      region,
      credentials,
      perSecond: posting.perSecond,
      ...(posting.transport === 'https' && { createSender: createHttpsSender }),
    });
  }
  if (typeof TABLECAST_SDK_TRANSPORT === 'undefined' || TABLECAST_SDK_TRANSPORT) {
    return createSdkTransport({ endpointFor, region, credentials });
  }
  throw new TablecastError(
    'CONFIG_INVALID',
    'TABLECAST_TRANSPORT: expected lean or https, for which this bundle was made, got sdk; set it under provider.environment in serverless.yml and deploy again',
  );
}
