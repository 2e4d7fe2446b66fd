import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { composeDisconnect } from '../src/compose/disconnect.ts';
import { close } from '../src/relay/close.ts';

const context = composeDisconnect();

/** `$disconnect`: forgets the connection and all it subscribed to. */
export async function handler({
  requestContext,
}: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyResultV2> {
  // A frame whose route names this handler is no disconnect.
  if (requestContext.eventType !== 'DISCONNECT') return { statusCode: 400 };
  await close(context, requestContext.connectionId);
  return { statusCode: 200 };
}
