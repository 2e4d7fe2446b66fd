import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { compose } from '../src/compose.ts';
import { open } from '../src/relay/open.ts';

type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  readonly headers?: Record<string, string | undefined>;
  readonly queryStringParameters?: Record<string, string | undefined> | null;
};

const context = compose();

/** `$connect`: lets a client in, or refuses the upgrade with the status returned. */
export async function handler({ requestContext, ...event }: ConnectEvent): Promise<APIGatewayProxyResultV2> {
  const outcome = await open(context, {
    connectionId: requestContext.connectionId,
    stage: requestContext.stage,
    connectedAt: requestContext.connectedAt ?? context.clock.now(),
    headers: present(event.headers),
    query: present(event.queryStringParameters),
  });
  if (outcome.status !== 200) return { statusCode: outcome.status, body: outcome.message };
  if (!outcome.subprotocol) return { statusCode: 200 };
  return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': outcome.subprotocol } };
}

function present(values: Record<string, string | undefined> | null | undefined): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
