import { createLeanTransport } from '../../../../src/adapters/apigateway/lean-transport.ts';
import { createUndiciSender } from '../../../../src/adapters/apigateway/undici-sender.ts';
import { measure } from '../measure.ts';

await measure((settings) => createLeanTransport({ ...settings, createSender: createUndiciSender }));
