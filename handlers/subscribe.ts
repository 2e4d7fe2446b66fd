import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { compose } from '../src/compose.ts';
import { receive } from '../src/relay/receive.ts';

const context = compose();

/** `$default`: answers one frame; the body returned is the reply frame (route response). */
export async function handler(event: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyResultV2> {
  const { body, isBase64Encoded, requestContext } = event;
  // Only text frames are of any dialect; the emulator hands binary ones over as something else than a string.
  const text = typeof body === 'string' && !isBase64Encoded ? body : undefined;
  const reply = await receive(context, { connectionId: requestContext.connectionId, body: text });
  context.metrics.flush();
  return reply === undefined ? { statusCode: 200 } : { statusCode: 200, body: reply };
}
