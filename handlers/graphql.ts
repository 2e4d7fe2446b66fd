import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DEFAULT_HTTP_SETTINGS } from '../src/api/http/exchange.ts';
import { requestOf, resultOf } from '../src/api/http/gateway-event.ts';
import { createHttpHandler } from '../src/api/http/handler.ts';
import { compose } from '../src/compose.ts';

const context = compose();
const { corsOrigins, maxBodyBytes } = context.config;
const { jsonDepth } = context.settings.limits;
const settings = { ...DEFAULT_HTTP_SETTINGS, corsOrigins, maxBodyBytes, jsonDepth };
const answer = createHttpHandler({ ...context, settings });

/** `/graphql` of the HTTP API: queries and mutations. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const response = await answer(requestOf(event, context.door.gateway));
  context.metrics.flush();
  return resultOf(response);
}
