import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { composeConnect } from '../src/compose/connect.ts';
import { open } from '../src/relay/open.ts';
import { upgradeHeaders, upgradeOrigins } from '../src/relay/upgrade-headers.ts';

type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  readonly headers?: Record<string, string | undefined>;
  readonly multiValueHeaders?: Record<string, readonly string[] | undefined> | null;
  readonly queryStringParameters?: Record<string, string | undefined> | null;
};

const context = composeConnect();

/** `$connect`: lets a client in, or refuses the upgrade with the status returned. */
export async function handler({ requestContext, ...event }: ConnectEvent): Promise<APIGatewayProxyResultV2> {
  // A frame whose route names this handler must not open its connection anew.
  if (requestContext.eventType !== 'CONNECT') return { statusCode: 400 };
  const outcome = await open(context, {
    connectionId: requestContext.connectionId,
    stage: requestContext.stage,
    connectedAt: requestContext.connectedAt ?? context.clock.now(),
    headers: upgradeHeaders(event),
    query: new Map(Object.entries(event.queryStringParameters ?? {})),
    origins: upgradeOrigins(event),
    requestContext,
  });
  if (outcome.status !== 200) return { statusCode: outcome.status, body: outcome.message };
  if (!outcome.subprotocol) return { statusCode: 200 };
  return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': outcome.subprotocol } };
}
