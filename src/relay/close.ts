import type { DisconnectContext } from './context.ts';

/** `$disconnect`: ends every subscription of the connection. Best effort on AWS; expiry and 410 cover its loss. */
export async function close(context: DisconnectContext, connectionId: string): Promise<void> {
  const ended = await context.registry.close(connectionId);
  context.logger.debug({ event: 'connection.closed', connectionId, subscriptions: ended });
}
